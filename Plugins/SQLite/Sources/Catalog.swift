internal import GRDB
internal import PipelineCore

/// The table `_millrace`: what every delivered dataset and column means, and which tables of the file are ours.
///
/// Position 0 of a dataset is the dataset itself, the positions from 1 on are its columns.
enum Catalog {
    static let table = "_millrace"

    /// Makes the table if it is missing.
    static func create(in db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS \(table) (
                  dataset TEXT NOT NULL,
                  position INTEGER NOT NULL,
                  "column" TEXT,
                  type TEXT,
                  definition TEXT NOT NULL,
                  row_count BIGINT,
                  pipeline TEXT NOT NULL,
                  run TEXT NOT NULL,
                  timezone TEXT NOT NULL,
                  exported_at TIMESTAMP NOT NULL,
                  PRIMARY KEY (dataset, position)
                )
                """
        )
    }

    /// Replaces what is said about a dataset.
    static func record(
        _ definition: DatasetDefinition,
        rows: Int,
        _ header: DeliveryHeader,
        in db: Database
    ) throws {
        try db.execute(sql: "DELETE FROM \(table) WHERE dataset = ?", arguments: [definition.name.rawValue])
        let insert = try db.makeStatement(sql: "INSERT INTO \(table) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        func add(_ position: Int, _ column: String?, _ type: String?, _ meaning: String, _ rows: Int?) throws {
            try insert.execute(arguments: [
                definition.name.rawValue, position, column, type, meaning, rows, header.pipeline,
                header.run.rawValue, header.timezone, spelled(header.startedAt),
            ])
        }
        try add(0, nil, nil, definition.summary, rows)
        for (index, field) in definition.schema.fields.enumerated() {
            try add(index + 1, field.name, field.type.description, field.description, nil)
        }
    }

    /// Removes what is said about a dataset; false where nothing of this pipeline is.
    static func forget(_ dataset: DatasetName, of pipeline: String, in db: Database) throws -> Bool {
        try db.execute(
            sql: "DELETE FROM \(table) WHERE dataset = ? AND pipeline = ?",
            arguments: [dataset.rawValue, pipeline]
        )
        return db.changesCount > 0
    }

    /// The run of the latest delivery; nil where there was none, or where a delivered table is gone.
    static func latestRun(in db: Database) throws -> RunID? {
        guard try db.tableExists(table) else { return nil }
        let datasets = try String.fetchAll(db, sql: "SELECT dataset FROM \(table) WHERE position = 0")
        guard try datasets.allSatisfy({ try db.tableExists($0) }) else { return nil }
        let sql = "SELECT run FROM \(table) WHERE position = 0 ORDER BY exported_at DESC LIMIT 1"
        return try String.fetchOne(db, sql: sql).map(RunID.init(rawValue:))
    }

    /// Whether a table of this name was delivered by us; throws `conflict` where the name is somebody else's.
    static func owns(_ dataset: DatasetName, in db: Database) throws -> Bool {
        let kind = try String.fetchOne(
            db,
            sql: "SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE",
            arguments: [dataset.rawValue]
        )
        guard let kind else { return false }
        if kind == "table", try db.tableExists(table), try isRecorded(dataset, in: db) { return true }
        throw PipelineError(
            .conflict,
            "the file has a \(kind) '\(dataset)' that was not delivered by an export",
            while: "delivering '\(dataset)' to SQLite",
            hint: "rename it, or export to another file"
        )
    }

    private static func isRecorded(_ dataset: DatasetName, in db: Database) throws -> Bool {
        let sql = "SELECT count(*) > 0 FROM \(table) WHERE dataset = ? AND position = 0"
        return try Bool.fetchOne(db, sql: sql, arguments: [dataset.rawValue]) ?? false
    }

    /// As TIMESTAMP columns are stored: `2026-11-21 07:31:17.123` in UTC.
    private static func spelled(_ moment: Timestamp) -> String {
        let iso = moment.description
        return "\(iso.prefix(10)) \(iso.dropFirst(11).prefix(12))"
    }
}
