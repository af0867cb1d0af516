internal import BlockingIO
internal import Dispatch
internal import PipelineCore
internal import Synchronization

/// One connection to a server, used by one task at a time.
///
/// Calls block a thread of the connection's own. When the calling task is cancelled, the server is asked to end the
/// statement, and `CancellationError` is thrown. Dropping the connection closes it, and the server undoes what was not
/// committed.
actor PostgresConnection {
    private nonisolated let executor: SerialQueueExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
    private let session: PostgresSession

    private init(_ session: PostgresSession, _ executor: SerialQueueExecutor) {
        self.session = session
        self.executor = executor
    }

    /// Connects; parameters are libpq's, of which later ones win.
    static func open(_ parameters: [(name: String, value: Secret)]) async throws -> PostgresConnection {
        let queue = DiskQueue(label: "millrace.postgres")
        return PostgresConnection(try await queue.run { try PostgresSession(parameters) }, queue.executor)
    }

    /// Runs statements, all of them or none; returns the rows of the last one, each value as text.
    @discardableResult
    func run(_ statements: String) async throws -> [[String?]] {
        try await cancellable { try $0.run(statements) }
    }

    /// Runs a `COPY … FROM STDIN (FORMAT csv)` with the chunks; returns how many rows the server took.
    ///
    /// Where the stream fails, the server is told, and takes none.
    func copy(_ statement: String, _ chunks: RowStream, columnCount: Int) async throws -> Int {
        try await cancellable { try $0.beginCopy(statement) }
        do {
            for try await chunk in chunks {
                try Task.checkCancellation()
                try session.put(chunk.copyText(columnCount: columnCount))
            }
            // A cancelled task's stream may just end.
            try Task.checkCancellation()
        } catch {
            // The error that led here says more.
            _ = try? session.endCopy(abandonedBecause: "the rows ended before their time")
            throw error
        }
        return try await cancellable { try $0.endCopy() }
    }

    private func cancellable<Result: Sendable>(_ body: (PostgresSession) throws -> Result) async throws -> Result {
        try Task.checkCancellation()
        let session = session
        let statement = Statement(session)
        defer { statement.isOver.store(true, ordering: .relaxed) }
        do {
            return try await withTaskCancellationHandler {
                try body(session)
            } onCancel: {
                statement.cancel()
            }
        } catch let failure as PostgresFailure where failure.isCancellation && Task.isCancelled {
            throw CancellationError()
        }
    }
}

/// A statement that may have to be cancelled.
private final class Statement: Sendable {
    let isOver = Atomic(false)
    private let session: PostgresSession

    init(_ session: PostgresSession) { self.session = session }

    /// Asks the server to end the statement until it is over: what comes before the statement has reached it has no effect.
    ///
    /// Asking opens a connection of its own, which may take a while.
    func cancel() {
        DispatchQueue.global().async { [self] in
            guard !isOver.load(ordering: .relaxed) else { return }
            session.cancel()
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(100)) { [self] in cancel() }
        }
    }
}
