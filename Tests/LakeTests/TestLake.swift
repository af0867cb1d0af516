import ConnectorTesting
import Foundation
import Lake
import LocalFilesPlugin
import PipelineCore
import Synchronization

/// A lake in a scratch directory, with a clock that only the test moves.
final class TestLake: Sendable {
    let scratch: ScratchDirectory
    let store: LocalObjectStore
    private let time: Mutex<Timestamp>

    init() throws {
        scratch = try ScratchDirectory()
        store = LocalObjectStore(root: scratch.path("lake"))
        time = Mutex(Timestamp(microseconds: Int64(Date().timeIntervalSince1970) * 1_000_000))
    }

    /// Tables as another process would open them: nothing is remembered.
    var tables: DeltaTableStore { tables(over: store) }
    var raw: LandingLog { LandingLog(store: store, prefix: "raw") { self.now } }

    func tables(over store: any ObjectStore) -> DeltaTableStore {
        DeltaTableStore(store: store, prefix: "tables") { self.now }
    }

    var now: Timestamp { time.withLock { $0 } }

    func advance(_ span: Duration) {
        time.withLock { $0 = Timestamp(microseconds: $0.microseconds + span.components.seconds * 1_000_000) }
    }

    /// The lines of a log file.
    func log(_ table: String, _ version: Int) throws -> [String] {
        try scratch.read("lake/tables/\(table)/_delta_log/\(String(format: "%020d", version)).json")
            .split(separator: "\n").map(String.init)
    }

    /// Appends a log file as another program would.
    func writeLog(_ table: String, _ version: Int, _ lines: [String]) throws {
        try scratch.write(
            lines.joined(separator: "\n"),
            to: "lake/tables/\(table)/_delta_log/\(String(format: "%020d", version)).json"
        )
    }
}

extension TableStore {
    /// Stages files with the given rows, one text for each, and publishes them.
    @discardableResult
    func load(
        _ definition: DatasetDefinition,
        _ mode: TableChange.Mode = .append,
        files: [String],
        cursors: [String: Int64] = [:],
        after version: Int64?,
        run: String = "r1",
        statistics: [String: ColumnStatistics] = [:]
    ) async throws -> TableSnapshot {
        let directory = try await stage(definition.name, for: RunID(rawValue: run))
        let staged = try files.enumerated().map { number, text in
            let path = "\(directory)/part-\(number).parquet"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return StagedFile(
                path: path,
                size: Int64(text.utf8.count),
                rowCount: Int64(text.utf8.count),
                statistics: statistics
            )
        }
        return try await commit(
            TableChange(
                definition: definition,
                mode: mode,
                files: staged,
                cursors: cursors,
                readVersion: version,
                run: RunID(rawValue: run)
            )
        )
    }
}

extension TableSnapshot {
    /// The texts of the files, sorted.
    var texts: [String] {
        get throws { try files.map { try String(contentsOfFile: $0.path, encoding: .utf8) }.sorted() }
    }
}

extension DatasetDefinition {
    /// A small table.
    static func orders(_ fields: [Field] = [Field("id", .bigint, isNullable: false), Field("note", .varchar)])
        -> DatasetDefinition
    {
        DatasetDefinition(name: "orders", summary: "Orders. One row is one order.", schema: Schema(fields), key: ["id"])
    }
}
