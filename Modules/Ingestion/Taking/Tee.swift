internal import PipelineCore

/// Passes chunks on and stores them in the raw zone on the way.
actor Tee: AsyncSequence {
    typealias Element = [UInt8]
    typealias Failure = any Error
    // SAFETY: only `next()` touches it, and whoever calls that awaits it before calling again.
    private nonisolated(unsafe) var bytes: any AsyncIteratorProtocol<[UInt8], any Error>
    private let object: any RawObjectWriter

    init(_ bytes: ByteStream, into object: any RawObjectWriter) {
        unsafe self.bytes = bytes.makeAsyncIterator()
        self.object = object
    }

    func next() async throws -> [UInt8]? {
        guard let chunk = unsafe try await bytes.next(isolation: self) else { return nil }
        try await object.append(chunk)
        return chunk
    }

    struct Iterator: AsyncIteratorProtocol {
        let tee: Tee
        mutating func next() async throws -> [UInt8]? { try await tee.next() }
    }
    nonisolated func makeAsyncIterator() -> Iterator { Iterator(tee: self) }
}
