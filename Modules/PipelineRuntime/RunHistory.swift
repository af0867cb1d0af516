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
    private let database: DatabaseQueue

    /// Opens, or makes, `control.sqlite` in the state directory.
    public init(stateDirectory: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: stateDirectory, withIntermediateDirectories: true)
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            database = try DatabaseQueue(path: stateDirectory + "/control.sqlite", configuration: configuration)
            try Self.migrator.migrate(database)
        } catch {
            throw PipelineError(
                .unauthorized,
                "the control database in \(stateDirectory) cannot be opened: \(error)",
                while: "opening the run history",
                hint: "make the directory writable for the user that runs millrace, or set `state:` to another",
                cause: error
            )
        }
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
            )
        }.map { try JSONDecoder().decode(RunReport.self, from: Data($0.utf8)) }
    }

    func receipt(of export: String) throws -> (run: RunID, receipt: DeliveryReceipt)? {
        let row = try database.read { database in
            try Row.fetchOne(database, sql: "SELECT run, receipt FROM delivery WHERE export = ?", arguments: [export])
        }
        guard let row else { return nil }
        let json: String = row["receipt"]
        return (RunID(rawValue: row["run"]), try JSONDecoder().decode(DeliveryReceipt.self, from: Data(json.utf8)))
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
