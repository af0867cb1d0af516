internal import GRDB
internal import PipelineCore

/// The SQLite file behind the history of runs; its errors name the file and say what to do about it.
struct ControlDatabase: Sendable {
    let path: String
    private let stateDirectory: String
    private let queue: DatabaseQueue

    /// Opens, or makes, the file.
    ///
    /// One that may only be read opens too, and refuses what writes.
    init(stateDirectory: String) throws {
        self.stateDirectory = stateDirectory
        path = Self.path(in: stateDirectory)
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        let (path, settings) = (path, configuration)
        queue = try Self.explaining(path, stateDirectory, while: "opening the history of runs") {
            try DatabaseQueue(path: path, configuration: settings)
        }
    }

    static func path(in stateDirectory: String) -> String { stateDirectory + "/control.sqlite" }

    /// Brings the tables to their current form.
    func migrate(with migrator: DatabaseMigrator) throws {
        try explaining("opening the history of runs") { try migrator.migrate(queue) }
    }

    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try explaining("reading the history of runs") { try queue.read(body) }
    }

    func write(_ body: (Database) throws -> Void) throws {
        try explaining("writing the history of runs") { try queue.write(body) }
    }

    private func explaining<Result>(_ operation: String, _ body: () throws -> Result) throws -> Result {
        try Self.explaining(path, stateDirectory, while: operation, body)
    }

    private static func explaining<Result>(
        _ path: String,
        _ stateDirectory: String,
        while operation: String,
        _ body: () throws -> Result
    ) throws -> Result {
        let damaged =
            "move it away: only the history of runs is lost, tables stay as they are, and exports deliver once more"
        do { return try body() } catch let error as DatabaseError {
            let (code, problem, hint): (PipelineError.Code, String, String) =
                switch error.resultCode {
                case .SQLITE_FULL:
                    (
                        .outOfResources, "the disk is full",
                        "make room on the disk of \(stateDirectory), or set `state:` to a directory on another one"
                    )
                case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
                    (
                        .unauthorized, error.message ?? "access is denied",
                        "make \(stateDirectory) writable for the user that runs millrace, or set `state:` to another directory"
                    )
                case .SQLITE_BUSY, .SQLITE_LOCKED:
                    (.conflict, "another program holds it", "close what has it open, and try again")
                case .SQLITE_IOERR, .SQLITE_NOLFS:
                    (
                        .unreachable, error.message ?? "the disk does not answer",
                        "look whether the disk of \(stateDirectory) has room, and into the system log for what it reports"
                    )
                default: (.corruptData, "it is damaged: \(error.message ?? "\(error.resultCode)")", damaged)
                }
            throw PipelineError(code, "\(path) cannot be used: \(problem)", while: operation, hint: hint, cause: error)
        } catch let error as DecodingError {
            throw PipelineError(
                .corruptData,
                "\(path) cannot be used: it is damaged: an entry is not of the form that we write",
                while: operation,
                hint: damaged,
                cause: error
            )
        }
    }
}
