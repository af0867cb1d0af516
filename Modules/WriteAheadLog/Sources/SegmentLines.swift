internal import BlockingIO
internal import PipelineCore

/// The lines of one segment, in chunks of whole lines.
///
/// Throws `corruptData` at the end if events are missing: what could be read has been given by then.
public struct SegmentLines: AsyncSequence, Sendable {
    /// A `PipelineError`, or that the task was cancelled.
    public typealias Failure = any Error
    let name: SegmentName
    let directory: String
    /// The first number that is wanted, and the one behind the last.
    let numbers: Range<Int64>
    let files: any FileOperations

    /// Reads on a thread of its own.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let source: SegmentSource
        /// The lines that were acknowledged together; nil at the end.
        public mutating func next() async throws -> [UInt8]? { try await source.next()?.lines }
    }

    /// Opens the file with the first chunk.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(source: SegmentSource(self))
    }
}

/// Reads a segment off the cooperative threads.
actor SegmentSource {
    private nonisolated let executor = SerialQueueExecutor(label: "millrace.log.reading")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
    private let lines: SegmentLines
    private var reader: SegmentReader?
    private var isDone = false

    init(_ lines: SegmentLines) { self.lines = lines }

    deinit { reader?.close() }

    func next() throws -> LogRecord? {
        try Task.checkCancellation()
        guard !isDone else { return nil }
        do {
            if let record = try nextWanted() { return record }
            isDone = true
            guard let missing = reader.map({ $0.missing + lines.numbers.upperBound - $0.next }), missing > 0 else {
                return nil
            }
            throw PipelineError(
                .corruptData,
                "\(missing) events of \(lines.name.text) cannot be read any more",
                while: "reading the log",
                hint: "the disk has damaged the file; look at its health"
            )
        } catch {
            throw LogFailure(error, directory: lines.directory).pipelineError
        }
    }

    private func nextWanted() throws -> LogRecord? {
        if reader == nil { reader = try SegmentReader(lines.name, in: lines.directory, files: lines.files) }
        // In its place: a copy of the reader would copy what it has read ahead.
        while let record = try reader?.record(below: lines.numbers.upperBound) {
            if record.number >= lines.numbers.lowerBound { return record }
        }
        return nil
    }
}
