internal import GRDB
internal import PipelineCore
internal import VisualizationExport

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The control database of a pipeline: what its runs did, and what its exports have delivered.
///
/// It holds nothing that the lake depends on: without it, history is gone and exports deliver once more.
public final class RunHistory: Sendable {
    private let database: ControlDatabase

    /// Opens, or makes, `control.sqlite` in the state directory.
    public init(stateDirectory: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: stateDirectory, withIntermediateDirectories: true)
        } catch {
            throw PipelineError(
                .unauthorized,
                "the state directory \(stateDirectory) is not there and cannot be made",
                while: "opening the history of runs",
                hint:
                    "make its parent a directory with room that the user who runs millrace may write, or set `state:` to another one",
                cause: error
            )
        }
        database = try ControlDatabase(stateDirectory: stateDirectory)
        try database.migrate(with: Self.migrator)
    }

    /// Opens what is there, for looking only; nil where no run has been.
    public init?(reading stateDirectory: String) throws {
        guard FileManager.default.fileExists(atPath: ControlDatabase.path(in: stateDirectory)) else { return nil }
        database = try ControlDatabase(stateDirectory: stateDirectory)
        // The first run may have found no room for its tables.
        guard try database.read({ try $0.tableExists("run") && $0.tableExists("delivery") }) else { return nil }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("runs") { database in
            try database.create(table: "run") { table in
                table.primaryKey("id", .text)
                table.column("startedAt", .text).notNull()
                table.column("outcome", .text).notNull()
                table.column("report", .text).notNull()
            }
            try database.create(table: "delivery") { table in
                table.primaryKey("export", .text)
                table.column("run", .text).notNull()
                table.column("receipt", .text).notNull()
            }
        }
        return migrator
    }

    /// Keeps a run's report.
    func record(_ report: RunReport) throws {
        let json = try String(decoding: JSONEncoder().encode(report), as: UTF8.self)
        try database.write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO run (id, startedAt, outcome, report) VALUES (?, ?, ?, ?)",
                arguments: [report.run, report.startedAt, report.outcome.rawValue, json]
            )
        }
    }

    /// The latest runs, the newest first.
    public func runs(limit: Int) throws -> [RunReport] {
        try database.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT report FROM run ORDER BY startedAt DESC LIMIT ?",
                arguments: [limit]
            ).map { try JSONDecoder().decode(RunReport.self, from: Data($0.utf8)) }
        }
    }

    /// The latest run that changed something; nil where none has.
    func lastSuccess() throws -> RunID? {
        try database.read { database in
            let sql = "SELECT id FROM run WHERE outcome = ? ORDER BY startedAt DESC LIMIT 1"
            return try String.fetchOne(database, sql: sql, arguments: [RunReport.Outcome.succeeded.rawValue])
        }.map(RunID.init(rawValue:))
    }

    /// The sources that runs have taken something from.
    func takenSources() throws -> [String] {
        Set(try runs(limit: .max).flatMap(\.sources).filter { $0.outcome == .succeeded }.map(\.name)).sorted()
    }

    func receipt(of export: String) throws -> (run: RunID, receipt: DeliveryReceipt)? {
        try database.read { database in
            let sql = "SELECT run, receipt FROM delivery WHERE export = ?"
            guard let row = try Row.fetchOne(database, sql: sql, arguments: [export]) else { return nil }
            let json: String = row["receipt"]
            return (RunID(rawValue: row["run"]), try JSONDecoder().decode(DeliveryReceipt.self, from: Data(json.utf8)))
        }
    }

    func record(_ receipt: DeliveryReceipt, of export: String, run: RunID) throws {
        let json = try String(decoding: JSONEncoder().encode(receipt), as: UTF8.self)
        try database.write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO delivery (export, run, receipt) VALUES (?, ?, ?)",
                arguments: [export, run.rawValue, json]
            )
        }
    }
}
