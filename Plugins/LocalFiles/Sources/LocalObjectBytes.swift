internal import BlockingIO
internal import PipelineCore

/// The bytes of an open object, read chunk by chunk on a disk thread; every iteration starts from the beginning.
struct LocalObjectBytes: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error
    static let chunkSize = 256 * 1024

    let object: OpenObject
    let queue: DiskQueue

    struct Iterator: AsyncIteratorProtocol {
        let object: OpenObject
        let queue: DiskQueue
        var offset: Int64 = 0

        mutating func next() async throws -> [UInt8]? {
            let chunk: [UInt8]
            do {
                chunk = try await queue.run { [object, offset] in try object.read(at: offset, count: chunkSize) }
            } catch let error as FileError {
                throw error.pipelineError(while: "reading an object")
            }
            offset += Int64(chunk.count)
            return chunk.isEmpty ? nil : chunk
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(object: object, queue: queue) }
}
