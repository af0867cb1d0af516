internal import PipelineCore
internal import Subprocess

/// Splits what the program prints into lines, or into whole rows of CSV.
final class AnswerReader {
    private var output: SubprocessOutputSequence.AsyncIterator
    private var pending: [UInt8] = []
    /// What is being answered.
    var statement: SessionStatement?

    init(_ output: SubprocessOutputSequence) { self.output = output.makeAsyncIterator() }

    /// The lines before the line `mark`; nil if the output ended first.
    func lines(until mark: [UInt8]) async throws -> [[UInt8]]? {
        var lines: [[UInt8]] = []
        while true {
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(pending[..<end])
                pending.removeFirst(end + 1)
                if line == mark { return lines }
                if !line.isEmpty { lines.append(line) }
            }
            guard let chunk = try await next() else { return nil }
            pending += chunk
        }
    }

    /// The rest of the output as rows.
    func rows() -> RowStream { RowSequence(reader: self) }

    /// The next bytes cut behind a row's end, with the number of rows in them; nil at the end.
    fileprivate func nextRows() async throws -> RowChunk? {
        while let chunk = try await next() {
            pending += chunk
            let (end, rows) = Self.lastRowEnd(in: pending)
            guard rows > 0 else { continue }
            let whole = end == pending.count ? pending : Array(pending[..<end])
            pending = end == pending.count ? [] : Array(pending[end...])
            return RowChunk(bytes: whole, rowCount: rows)
        }
        guard !pending.isEmpty else { return nil }
        throw PipelineError(.corruptData, "the last row is not whole", while: "reading rows from DuckDB")
    }

    private func next() async throws -> [UInt8]? {
        try await output.next().map { unsafe $0.withUnsafeBytes { unsafe Array($0) } }
    }

    /// Where the last whole row ends, and how many there are.
    ///
    /// A quote inside a quoted field is doubled, so the parity of quotes tells whether a line end belongs to the data.
    private static func lastRowEnd(in bytes: [UInt8]) -> (end: Int, rows: Int) {
        var end = 0
        var rows = 0
        var isQuoted = false
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == UInt8(ascii: "\n"), !isQuoted {
                end = index + 1
                rows += 1
            }
        }
        return (end, rows)
    }
}

/// The rows of one reader, to be iterated once.
private struct RowSequence: AsyncSequence, Sendable {
    typealias Element = RowChunk
    typealias Failure = any Error
    // SAFETY: made once per session and iterated by the one task that runs the session's body.
    nonisolated(unsafe) let reader: AnswerReader

    struct Iterator: AsyncIteratorProtocol {
        let reader: AnswerReader
        mutating func next() async throws -> RowChunk? { try await reader.nextRows() }
    }
    func makeAsyncIterator() -> Iterator { Iterator(reader: unsafe reader) }
}
