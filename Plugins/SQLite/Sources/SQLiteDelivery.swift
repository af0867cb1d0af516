internal import BlockingIO
internal import GRDB
internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// One delivery into a SQLite file: loads each dataset into a table of a passing name, then swaps all of them in.
///
/// Loading commits every chunk, so that memory, the log file and the waiting of other writers stay bounded whatever the
/// size of a dataset. Tables that a killed delivery left behind are found by their names and removed by the next.
actor SQLiteDelivery: SinkDelivery {
    private static let loadPrefix = "_millrace_load_"
    private static let oldPrefix = "_millrace_old_"

    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "millrace.sqlite"
        configuration.busyMode = .timeout(30)
        // Dropping a table that others refer to must not touch their rows.
        configuration.foreignKeysEnabled = false
        return configuration
    }

    private struct Staged {
        let definition: DatasetDefinition
        let rows: Int
    }

    private let executor = SerialQueueExecutor(label: "millrace.sqlite")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private let path: String
    private let header: DeliveryHeader
    /// Tells this delivery's tables from those of one that runs at the same time or was killed.
    private let token = String(UInt64.random(in: .min ... .max), radix: 36)
    private var queue: DatabaseQueue?
    private var staged: [Staged] = []
    private var removed: Set<DatasetName> = []

    init(path: String, header: DeliveryHeader) {
        self.path = path
        self.header = header
    }

    // MARK: - Begin

    func open() throws {
        try sqliteErrors(path, while: "opening the SQLite file") {
            try makeFolder()
            let queue = try DatabaseQueue(path: path, configuration: Self.configuration)
            self.queue = queue
            try queue.writeWithoutTransaction { db in
                let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
                guard mode == "wal" else { throw noSharedMemory() }
                // While loading, a lost commit costs nothing: a delivery that did not reach its end is thrown away.
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
                // Renaming must leave the text of views alone, which name the table that takes the old one's place.
                try db.execute(sql: "PRAGMA legacy_alter_table = ON")
                try db.execute(sql: "PRAGMA cache_size = -32768")
                for prefix in [Self.loadPrefix, Self.oldPrefix] { try dropTables(named: prefix + "*", in: db) }
            }
        }
    }

    private func makeFolder() throws {
        let folder = parentFolder(of: path)
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            throw PipelineError(
                .unauthorized,
                "the folder '\(folder)' cannot be made",
                while: "opening the SQLite file",
                hint: "look at the rights of the folder above it, and that no file stands where a folder belongs",
                cause: error
            )
        }
    }

    private func noSharedMemory() -> PipelineError {
        PipelineError(
            .invalidConfiguration,
            "'\(path)' stands on a file system without shared memory for a write-ahead log",
            while: "opening the SQLite file",
            hint: "choose a `path` on a local disk"
        )
    }

    // MARK: - Stage

    func stage(_ definition: DatasetDefinition, rows: RowStream) async throws -> Int {
        let queue = try opened()
        let table = Self.loadPrefix + token + "_" + definition.name.rawValue
        let layout = TableLayout(definition)
        let operation = "loading '\(definition.name)' into SQLite"
        try create(table, layout, in: queue, while: operation)
        var loader = RowLoader(layout, table: table)
        for try await chunk in rows {
            try Task.checkCancellation()
            try insert(chunk, with: &loader, in: queue, while: operation)
        }
        try await withTaskCancellationHandler {
            try createIndexes(of: layout, on: table, in: queue, while: operation)
        } onCancel: {
            queue.interrupt()
        }
        try Task.checkCancellation()
        staged.removeAll { $0.definition.name == definition.name }
        staged.append(Staged(definition: definition, rows: loader.rowCount))
        return loader.rowCount
    }

    private func opened() throws -> DatabaseQueue {
        guard let queue else {
            throw PipelineError(.internalError, "the delivery is over", while: "delivering to SQLite")
        }
        return queue
    }

    private func create(
        _ table: String,
        _ layout: TableLayout,
        in queue: DatabaseQueue,
        while operation: String
    ) throws {
        let name = layout.definition.name
        guard name.isValid, !name.rawValue.hasPrefix(Catalog.table), !name.rawValue.hasPrefix("sqlite_") else {
            throw PipelineError(.invalidConfiguration, "no table may be named '\(name)'", while: operation)
        }
        try sqliteErrors(path, while: operation) {
            try queue.write { db in
                _ = try Catalog.owns(name, in: db)
                try db.execute(sql: "DROP TABLE IF EXISTS \(sqlIdentifier(table))")
                try db.execute(sql: layout.creation(as: table))
            }
        }
    }

    private func insert(
        _ chunk: RowChunk,
        with loader: inout RowLoader,
        in queue: DatabaseQueue,
        while operation: String
    ) throws {
        try sqliteErrors(path, while: operation) {
            try queue.write { db in try loader.insert(chunk, into: db) }
        }
    }

    private func createIndexes(
        of layout: TableLayout,
        on table: String,
        in queue: DatabaseQueue,
        while operation: String
    ) throws {
        try sqliteErrors(path, while: operation) {
            for column in layout.indexedColumns {
                try queue.write { db in
                    let index = try freeName("\(layout.definition.name)_\(column)", in: db)
                    try db.execute(
                        sql:
                            "CREATE INDEX \(sqlIdentifier(index)) ON \(sqlIdentifier(table)) (\(sqlIdentifier(column)))"
                    )
                }
            }
        }
    }

    /// An index cannot be renamed, and the published table's index has the plain name until that table goes.
    private func freeName(_ wanted: String, in db: Database) throws -> String {
        var name = wanted
        var number = 1
        let sql = "SELECT count(*) > 0 FROM sqlite_master WHERE name = ? COLLATE NOCASE"
        while try Bool.fetchOne(db, sql: sql, arguments: [name]) ?? false {
            number += 1
            name = "\(wanted)_\(number)"
        }
        return name
    }

    // MARK: - Commit and abort

    func remove(_ dataset: DatasetName) { removed.insert(dataset) }

    func commit() throws {
        let queue = try opened()
        try sqliteErrors(path, while: "publishing to SQLite") {
            try queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.inTransaction(.immediate) {
                    try Catalog.create(in: db)
                    for dataset in staged { try publish(dataset, in: db) }
                    for dataset in removed.subtracting(staged.map(\.definition.name)) { try takeAway(dataset, in: db) }
                    return .commit
                }
            }
        }
        close()
    }

    /// Renames only: whoever waits to write waits for milliseconds, and readers do not wait at all.
    private func publish(_ dataset: Staged, in db: Database) throws {
        let name = dataset.definition.name
        if try Catalog.owns(name, in: db) {
            try rename(name.rawValue, to: Self.oldPrefix + token + "_" + name.rawValue, in: db)
        }
        try rename(Self.loadPrefix + token + "_" + name.rawValue, to: name.rawValue, in: db)
        try Catalog.record(dataset.definition, rows: dataset.rows, header, in: db)
    }

    /// Leaves alone what no delivery of this pipeline made.
    private func takeAway(_ dataset: DatasetName, in db: Database) throws {
        guard try Catalog.forget(dataset, of: header.pipeline, in: db), try db.tableExists(dataset.rawValue) else {
            return
        }
        try rename(dataset.rawValue, to: Self.oldPrefix + token + "_" + dataset.rawValue, in: db)
    }

    private func rename(_ table: String, to name: String, in db: Database) throws {
        try db.execute(sql: "ALTER TABLE \(sqlIdentifier(table)) RENAME TO \(sqlIdentifier(name))")
    }

    func abort() { close() }

    /// Removes this delivery's passing tables and closes the file; what fails here is removed by the next delivery.
    private func close() {
        guard let queue else { return }
        self.queue = nil
        (staged, removed) = ([], [])
        try? queue.writeWithoutTransaction { db in
            for prefix in [Self.loadPrefix, Self.oldPrefix] { try dropTables(named: prefix + token + "_*", in: db) }
        }
        try? queue.close()
    }

    private func dropTables(named pattern: String, in db: Database) throws {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB ?"
        for table in try String.fetchAll(db, sql: sql, arguments: [pattern]) {
            try db.execute(sql: "DROP TABLE IF EXISTS \(sqlIdentifier(table))")
        }
    }
}
