internal import PipelineCore
internal import Synchronization

/// The records of a segment in runs without a number missing, one run after the other.
///
/// Damage at the segment's end just ends the last one.
final class RecordRuns: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error

    private struct State {
        /// The record that begins the next run.
        var pending: LogRecord?
        /// Records that have been read ahead.
        var ahead: ArraySlice<LogRecord> = []
        /// The number after the last record that was given.
        var end: Int64 = 0
    }

    private let records: SegmentSource
    private let state = Mutex(State())

    init(_ lines: SegmentLines) { records = SegmentSource(lines) }

    /// Goes to the next run, once the one before has been read to its end; returns its first number, nil where there is none.
    func next() async throws -> Int64? {
        if state.withLock({ $0.pending == nil }) {
            let record = try await record()
            state.withLock { $0.pending = record }
        }
        return state.withLock { state in
            if let first = state.pending?.number { state.end = first }
            return state.pending?.number
        }
    }

    /// The number after the last event of the run, as far as it has been read.
    var end: Int64 { state.withLock { $0.end } }

    private func record() async throws -> LogRecord? {
        if let record = state.withLock({ $0.ahead.popFirst() }) { return record }
        do {
            let more = try await records.next()
            return state.withLock { state in
                state.ahead = more[...]
                return state.ahead.popFirst()
            }
        } catch let error as PipelineError where error.code == .corruptData {
            return nil
        }
    }

    /// The lines of the present run.
    struct AsyncIterator: AsyncIteratorProtocol {
        let runs: RecordRuns

        mutating func next() async throws -> [UInt8]? {
            let pending = runs.state.withLock { $0.pending.take() }
            let next: LogRecord? = if let pending { pending } else { try await runs.record() }
            guard let record = next else { return nil }
            return runs.state.withLock { state in
                guard record.number == state.end else {
                    state.pending = record
                    return nil
                }
                state.end += Int64(record.count)
                return record.lines
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(runs: self) }
}
