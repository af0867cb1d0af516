internal import BlockingIO
public import PipelineCore

/// The files of this machine that a glob matches.
///
/// A path is named as the config writes it: relative ones stay relative, so that the config's folder can move. Symbolic
/// links are followed.
public struct FilesSource: FileSource {
    private let glob: Glob
    private let baseDirectory: String
    private let queues = DiskQueues(count: 2, label: "millrace.files")

    /// A source over `pattern`; a relative one starts from `baseDirectory`.
    public init(pattern: String, baseDirectory: String) {
        glob = Glob(pattern)
        self.baseDirectory = baseDirectory
    }

    /// Walks the directories that can hold matches; one before the first wildcard that does not exist is `notFound`.
    public func list() async throws -> [SourceFile] {
        try await queues.next().run { [glob, baseDirectory] in try glob.matches(from: baseDirectory) }
    }

    /// Opens the file at once, so that the stream keeps reading the same file when its name goes to another.
    public func read(_ file: SourceFile, from offset: Int64) async throws -> ByteStream {
        let path = absolute(file.path, from: baseDirectory)
        let queue = queues.next()
        let open = try await queue.run { try OpenSource(path) }
        return SourceBytes(file: open, queue: queue, offset: offset)
    }
}

private func absolute(_ path: String, from directory: String) -> String {
    path.hasPrefix("/") ? path : "\(directory)/\(path)"
}

/// The bytes of an open file, a chunk at a time.
private struct SourceBytes: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error
    let file: OpenSource
    let queue: DiskQueue
    let offset: Int64

    struct Iterator: AsyncIteratorProtocol {
        let file: OpenSource
        let queue: DiskQueue
        var offset: Int64

        mutating func next() async throws -> [UInt8]? {
            let chunk = try await queue.run { [file, offset] in try file.read(at: offset, count: 512 * 1024) }
            offset += Int64(chunk.count)
            return chunk.isEmpty ? nil : chunk
        }
    }
    func makeAsyncIterator() -> Iterator { Iterator(file: file, queue: queue, offset: offset) }
}

extension Connector where Part == any FileSource {
    /// `use: files`.
    public static var files: Connector {
        Connector(name: "files", summary: "Files of this machine, found by a glob.") { block in
            let path = block.require(
                "path",
                .text(example: "drop/clicks/*.csv.gz"),
                "Which files: * within a name, ** across directories, ? one character, [a-z], {a,b}; relative to the config file."
            )
            return { context in FilesSource(pattern: path, baseDirectory: context.baseDirectory) }
        }
    }
}
