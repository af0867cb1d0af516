internal import PipelineCore

/// A row stream that reports how far it has been read.
struct CountedRows: AsyncSequence, Sendable {
    typealias Element = RowChunk
    typealias Failure = any Error

    let rows: RowStream
    let work: String
    let total: Int64
    let progress: any ProgressReporting

    struct AsyncIterator: AsyncIteratorProtocol {
        var chunks: any AsyncIteratorProtocol<RowChunk, any Error>
        let counted: CountedRows
        var done: Int64 = 0

        mutating func next() async throws -> RowChunk? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> RowChunk? {
            guard let chunk = try await chunks.next(isolation: actor) else { return nil }
            done += Int64(chunk.rowCount)
            counted.progress.advance(counted.work, done: done, total: counted.total, unit: .rows)
            return chunk
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(chunks: rows.makeAsyncIterator(), counted: self) }
}
