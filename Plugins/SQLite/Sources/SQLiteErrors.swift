internal import GRDB
internal import PipelineCore

/// Runs `body` and throws what SQLite reports as a PipelineError; other errors pass unchanged.
///
/// SQLite's messages name tables and columns, never values, and statements are bound without GRDB's arguments.
func sqliteErrors<Result>(
    _ path: String,
    while operation: String,
    _ body: () async throws -> Result
) async throws -> Result {
    do { return try await body() } catch let error as DatabaseError {
        throw pipelineError(error, path, while: operation)
    }
}

/// The same for work that does not suspend.
func sqliteErrors<Result>(_ path: String, while operation: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as DatabaseError {
        throw pipelineError(error, path, while: operation)
    }
}

private func pipelineError(_ error: DatabaseError, _ path: String, while operation: String) -> any Error {
    // Only a cancelled task interrupts a statement.
    if error.resultCode == .SQLITE_INTERRUPT { return CancellationError() }
    let (code, hint, recovery): (PipelineError.Code, String?, PipelineError.Recovery) =
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            (.conflict, "another program is writing to the file", .retry(after: .seconds(5)))
        case .SQLITE_FULL, .SQLITE_NOMEM, .SQLITE_TOOBIG:
            (.outOfResources, "a delivery needs room for a second copy of the datasets", .stop)
        case .SQLITE_IOERR:
            // Where there is no room for its shared memory, SQLite speaks of input and output.
            (.outOfResources, "a delivery needs room for a second copy of the datasets, on a disk that works", .stop)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            (.unauthorized, "look at the rights of the file and of its folder, and that it is no folder", .stop)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: (.corruptData, "move the file away; the next export makes it anew", .stop)
        case .SQLITE_CONSTRAINT: (.schemaMismatch, "the rows break the dataset's definition", .stop)
        default: (.internalError, nil, .stop)
        }
    return PipelineError(
        code,
        "'\(path)': \(error.message ?? error.resultCode.description)",
        while: operation,
        hint: hint,
        recovery: recovery
    )
}
