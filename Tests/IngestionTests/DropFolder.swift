import ConnectorTesting
import DuckDBPlugin
import Foundation
import Gzip
import Lake
import LocalFilesPlugin
import PipelineCore
import Testing

@testable import Ingestion

/// A drop folder with a lake behind it and an engine over it, all real, in a directory of its own.
final class DropFolder: Sendable {
    let scratch: ScratchDirectory
    let options: IngestionOptions
    let engine: DuckDBEngine
    private let clock = TestClock()

    init(_ options: IngestionOptions) throws {
        scratch = try ScratchDirectory()
        self.options = options
        engine = DuckDBEngine(DuckDBConfiguration(threads: 2), temporaryDirectory: scratch.path("engine"))
        try FileManager.default.createDirectory(atPath: scratch.path("drop"), withIntermediateDirectories: true)
    }

    /// A folder whose files become the table `t`.
    static func table(_ format: RecordFormat? = nil, _ change: (inout IngestionOptions) -> Void = { _ in }) throws
        -> DropFolder
    {
        var options = IngestionOptions(target: .table("t"), format: format)
        change(&options)
        return try DropFolder(options)
    }

    /// A folder whose files become events.
    static func events(_ mapping: EventMapping, _ format: RecordFormat, timezone: String = "UTC") throws -> DropFolder {
        try DropFolder(IngestionOptions(target: .events(mapping), format: format, timezone: timezone))
    }

    // MARK: Files

    func put(_ text: String, as name: String) throws { try put(Array(text.utf8), as: name) }

    func put(_ bytes: [UInt8], as name: String) throws { try scratch.write(bytes, to: "drop/\(name)") }

    func append(_ text: String, to name: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.path("drop/\(name)")))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: scratch.path("drop/\(name)"), toPath: scratch.path("drop/\(other)"))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: scratch.path("drop/\(name)")) }

    /// A Parquet file with the rows of a query.
    func putParquet(_ sql: String, as name: String) async throws {
        let directory = scratch.path("parquet-\(UUID().uuidString)")
        let step = EngineJob.Step.write(label: "rows", SQLText(sql), into: directory, schema: nil)
        let written = try await engine.run(EngineJob(name: "a file", inputs: [], steps: [step])) { _ in }.written[
            "rows"
        ]
        let path = try #require(written?.files.first?.path)
        try put([UInt8](Data(contentsOf: URL(fileURLWithPath: path))), as: name)
    }

    // MARK: Runs

    var source: FilesSource { FilesSource(pattern: "drop/**", baseDirectory: scratch.path) }

    var store: LocalObjectStore { LocalObjectStore(root: scratch.path("lake")) }

    /// A job over the folder, with nothing remembered from earlier ones.
    func job(
        store: (any ObjectStore)? = nil,
        source: (any FileSource)? = nil,
        engine: (any QueryEngine)? = nil,
        name: String = "files",
        options: IngestionOptions? = nil,
        sourceNames: Set<String>? = nil
    ) throws -> IngestionJob {
        let store = store ?? self.store
        return IngestionJob(
            name: name,
            source: source ?? self.source,
            options: options ?? self.options,
            rawZone: LandingLog(store: store),
            tables: DeltaTableStore(store: store),
            engine: engine ?? self.engine,
            codings: [GzipCoding()],
            workspace: try LocalWorkspace(in: scratch.path("work")),
            sourceNames: sourceNames,
            run: RunID(rawValue: "test-\(clock.now().microseconds)"),
            clock: { [clock] in clock.now() }
        )
    }

    /// Plans and runs; afterwards there must be nothing left to do, and nothing of the run on disk.
    @discardableResult
    func run(sourceLocation: SourceLocation = #_sourceLocation) async throws -> IngestionReport {
        let report = try await {
            let job = try job()
            return try await job.run(try await job.plan())
        }()
        let next = try await job().plan()
        #expect(next.isEmpty, "\(next.items.map { "\($0.file.path) \($0.action)" })", sourceLocation: sourceLocation)
        #expect(report.rows == report.accepted + report.rejected, sourceLocation: sourceLocation)
        return report
    }

    // MARK: Tables

    /// The rows of a query as lines of canonical CSV; `t`, `event_log` and `dead_letters` are empty where they do not exist.
    func query(_ sql: String) async throws -> [String] {
        let tables = DeltaTableStore(store: store)
        var inputs: [EngineTable] = []
        for name in try await tables.tables() {
            guard let snapshot = try await tables.snapshot(of: name, at: nil) else { continue }
            inputs.append(
                EngineTable(name, schema: snapshot.definition.schema, storage: .parquet(snapshot.files.map(\.path)))
            )
        }
        for definition in [DatasetDefinition.eventLog, .deadLetters]
        where !inputs.contains(where: { $0.name == definition.name }) {
            inputs.append(EngineTable(definition.name, schema: definition.schema, storage: .parquet([])))
        }
        let bytes = try await engine.withRows(of: SQLText(sql), over: inputs) { _, rows in
            var bytes: [UInt8] = []
            for try await chunk in rows { bytes += chunk.bytes }
            return bytes
        }
        var text = String(decoding: bytes, as: UTF8.self)
        if text.hasSuffix("\n") { text.removeLast() }
        return text.isEmpty ? [] : text.components(separatedBy: "\n")
    }

    /// `reason` of all dead letters, in order of file and row.
    func reasons() async throws -> [String] {
        try await query("SELECT reason FROM dead_letters ORDER BY file, _row")
    }

    func version(of table: DatasetName = "t") async throws -> Int64? {
        try await DeltaTableStore(store: store).snapshot(of: table, at: nil)?.version
    }

    func schema(of table: DatasetName = "t") async throws -> [String] {
        let fields =
            try await DeltaTableStore(store: store).snapshot(of: table, at: nil)?.definition.schema.fields ?? []
        return fields.filter { !$0.name.hasPrefix("_") }.map { "\($0.name) \($0.type)" }
    }
}

/// Moments that follow each other.
private final class TestClock: Sendable {
    func now() -> Timestamp {
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        Thread.sleep(forTimeInterval: 0.000_002)
        return now
    }
}

extension [UInt8] {
    /// The bytes as a gzip file.
    var gzipped: [UInt8] {
        get async throws {
            var packed: [UInt8] = []
            for try await chunk in GzipCoding().encode(ArrayStream([self])) { packed += chunk }
            return packed
        }
    }
}

extension ScratchDirectory {
    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }
}
