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
        private var ahead: ArraySlice<LogRecord> = []

        init(_ source: SegmentSource) { self.source = source }

        /// The lines that were acknowledged together; nil at the end.
        public mutating func next() async throws -> [UInt8]? {
            if ahead.isEmpty { ahead = try await source.next()[...] }
            return ahead.popFirst()?.lines
        }
    }

    /// Opens the file with the first chunk.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(SegmentSource(self))
    }
}

/// Reads a segment off the cooperative threads.
actor SegmentSource {
    private nonisolated let executor = SerialQueueExecutor(label: "millrace.log.reading")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
    /// So many bytes of lines are read at a time: each change of threads costs as much as reading some of them.
    private static let chunkSize = 256 << 10

    private let lines: SegmentLines
    private var reader: SegmentReader?
    private var isDone = false

    init(_ lines: SegmentLines) { self.lines = lines }

    deinit { reader?.close() }

    /// Some records; none at the end.
    func next() throws -> [LogRecord] {
        try Task.checkCancellation()
        guard !isDone else { return [] }
        do {
            var records: [LogRecord] = []
            var size = 0
            while size < Self.chunkSize, let record = try nextWanted() {
                size += record.lines.count
                records.append(record)
            }
            guard records.isEmpty else { return records }
            isDone = true
            guard let missing = reader.map({ $0.missing + lines.numbers.upperBound - $0.next }), missing > 0 else {
                return []
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
