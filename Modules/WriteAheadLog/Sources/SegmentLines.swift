internal import BlockingIO
internal import PipelineCore

/// The lines of one segment, in chunks of whole lines.
///
/// Throws `corruptData` at the end if events are missing: what could be read has been given by then.
public struct SegmentLines: AsyncSequence, Sendable {
    /// A `PipelineError`, or that the task was cancelled.
    public typealias Failure = any Error
    let path: String
    /// The first number that is wanted, and the one behind the last.
    let numbers: Range<Int64>
    let files: any FileOperations

    /// Reads on a thread of its own.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let source: SegmentSource
        /// The lines that were acknowledged together; nil at the end.
        public mutating func next() async throws -> [UInt8]? { try await nextRecord()?.lines }

        func nextRecord() async throws -> LogRecord? { try await source.next() }
    }

    /// Opens the file with the first chunk.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(source: SegmentSource(path: path, numbers: numbers, files: files))
    }
}

/// Reads a segment off the cooperative threads.
actor SegmentSource {
    private nonisolated let executor = SerialQueueExecutor(label: "millrace.log.reading")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
    private let path: String
    private let numbers: Range<Int64>
    private let files: any FileOperations
    private var reader: SegmentReader?
    private var isDone = false

    init(path: String, numbers: Range<Int64>, files: any FileOperations) {
        self.path = path
        self.numbers = numbers
        self.files = files
    }

    deinit { reader?.close() }

    func next() throws -> LogRecord? {
        try Task.checkCancellation()
        guard !isDone else { return nil }
        do {
            var reader = try self.reader ?? SegmentReader(path, files: files)
            defer { self.reader = reader }
            while let record = try reader.record(below: numbers.upperBound) {
                if record.number >= numbers.lowerBound { return record }
            }
            isDone = true
            let missing = reader.missing + (numbers.upperBound - reader.next)
            guard missing > 0 else { return nil }
            throw PipelineError(
                .corruptData,
                "\(missing) events of \(path) cannot be read any more",
                while: "reading the log",
                hint: "the disk has damaged the file; look at its health"
            )
        } catch {
            throw LogFailure(error, directory: path).pipelineError
        }
    }
}
