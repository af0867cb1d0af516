internal import PipelineCore

/// A row stream that goes wrong after some chunks.
struct FaultyRows: AsyncSequence, Sendable {
    typealias Element = RowChunk
    typealias Failure = any Error

    /// What happens behind the last chunk.
    enum Fault: Sendable {
        /// The stream fails.
        case failure(PipelineError)
        /// Nothing comes any more until the task is cancelled; the closure is told when the waiting begins.
        case silence(@Sendable () -> Void)
    }

    let chunks: [RowChunk]
    let fault: Fault

    struct AsyncIterator: AsyncIteratorProtocol {
        var chunks: IndexingIterator<[RowChunk]>
        let fault: Fault

        mutating func next() async throws -> RowChunk? {
            if let chunk = chunks.next() { return chunk }
            switch fault {
            case .failure(let error): throw error
            case .silence(let notify):
                notify()
                try await Task.sleep(for: .seconds(3600))
                return nil
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(chunks: chunks.makeIterator(), fault: fault) }
}
