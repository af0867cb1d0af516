internal import CLibPQ
internal import Glibc
internal import PipelineCore

/// A connection as libpq has it; this is the only file that talks to libpq.
///
/// Calls block.
@safe final class PostgresSession {
    // SAFETY: both live until `deinit`; the second, made once, is all that `cancel()` uses, which libpq lets any thread do.
    private let connection: OpaquePointer
    private let cancellation: OpaquePointer?

    /// Connects; parameters are libpq's, of which later ones win.
    init(_ parameters: [(name: String, value: Secret)]) throws {
        let names = CStrings(parameters.map(\.name))
        let values = CStrings(parameters.map { $0.value.reveal() })
        // The last argument lets `dbname` be a whole URL.
        guard let connection = unsafe PQconnectdbParams(names.pointers, values.pointers, 1) else {
            throw PipelineError(.outOfResources, "libpq could not start", while: "connecting to Postgres")
        }
        guard unsafe PQstatus(connection) == CONNECTION_OK else {
            defer { unsafe PQfinish(connection) }
            throw PostgresFailure.connection(unsafe String(cString: PQerrorMessage(connection)))
        }
        unsafe millrace_ignore_notices(connection)
        unsafe self.connection = connection
        unsafe cancellation = PQgetCancel(connection)
    }

    deinit {
        unsafe PQfreeCancel(cancellation)
        unsafe PQfinish(connection)
    }

    /// Runs statements; returns the rows of the last one, each value as text.
    func run(_ statements: String) throws -> [[String?]] {
        let answer = try unsafe Answer(PQexec(connection, statements), self)
        return (0..<answer.rowCount).map { row in
            (0..<answer.columnCount).map { column in answer.text(row, column) }
        }
    }

    // MARK: Copying in

    func beginCopy(_ statement: String) throws { _ = try unsafe Answer(PQexec(connection, statement), self) }

    func put(_ bytes: [UInt8]) throws {
        let status = unsafe bytes.withUnsafeBytes { bytes in
            unsafe PQputCopyData(connection, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
        }
        if status != 1 { throw failure() }
    }

    /// Ends the copy, or, with a reason, has the server forget it; returns how many rows it took.
    func endCopy(abandonedBecause reason: String? = nil) throws -> Int {
        guard unsafe PQputCopyEnd(connection, reason) == 1 else { throw failure() }
        var result: Result<Int, any Error> = .success(0)
        while let next = unsafe PQgetResult(connection) {
            do { result = .success(try unsafe Answer(next, self).affectedRows) } catch { result = .failure(error) }
        }
        return try result.get()
    }

    /// Asks the server to end what it is doing; may be called on any thread.
    func cancel() {
        var reason = [CChar](repeating: 0, count: 256)
        _ = unsafe PQcancel(cancellation, &reason, Int32(reason.count))
    }

    fileprivate func failure() -> PostgresFailure {
        let isLost = unsafe PQstatus(connection) == CONNECTION_BAD
        let message = unsafe String(cString: PQerrorMessage(connection))
        return isLost ? .connection(message) : PostgresFailure(message: message)
    }
}

// SAFETY: the actor that owns a session makes one call at a time, and `cancel()` is for any thread.
extension PostgresSession: @unchecked Sendable {}

/// What the server says to a statement.
@safe private struct Answer: ~Copyable {
    private let result: OpaquePointer

    /// Takes over a result; throws what it or, without one, the connection tells.
    init(_ result: OpaquePointer?, _ session: PostgresSession) throws {
        guard let result = unsafe result else { throw session.failure() }
        switch unsafe PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_COPY_IN, PGRES_EMPTY_QUERY: unsafe self.result = result
        default:
            defer { unsafe PQclear(result) }
            throw PostgresFailure {
                unsafe PQresultErrorField(result, Int32($0.value)).map { unsafe String(cString: $0) }
            }
        }
    }

    deinit { unsafe PQclear(result) }

    var rowCount: Int32 { unsafe PQntuples(result) }
    var columnCount: Int32 { unsafe PQnfields(result) }
    var affectedRows: Int { unsafe Int(String(cString: PQcmdTuples(result))) ?? 0 }

    func text(_ row: Int32, _ column: Int32) -> String? {
        guard unsafe PQgetisnull(result, row, column) == 0 else { return nil }
        return unsafe String(cString: PQgetvalue(result, row, column))
    }
}

/// Texts as C takes them, ended by null.
@safe private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        unsafe pointers = .allocate(capacity: count + 1)
        for (index, text) in texts.enumerated() { unsafe pointers[index] = unsafe UnsafePointer(strdup(text)) }
        unsafe pointers[count] = nil
    }

    deinit {
        for index in 0..<count { unsafe free(UnsafeMutablePointer(mutating: pointers[index])) }
        unsafe pointers.deallocate()
    }
}
