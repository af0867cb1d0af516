import PipelineCore
import Synchronization

/// A lake of versions that tests put there.
final class FixedTables: TableStore {
    private let snapshots: Mutex<[DatasetName: TableSnapshot]>
    private let recorded = Mutex<[DatasetName]>([])

    /// Which tables were looked up.
    var lookups: [DatasetName] { recorded.withLock { $0 } }

    init(_ snapshots: [TableSnapshot]) {
        self.snapshots = Mutex(Dictionary(uniqueKeysWithValues: snapshots.map { ($0.definition.name, $0) }))
    }

    func put(_ snapshot: TableSnapshot) { snapshots.withLock { $0[snapshot.definition.name] = snapshot } }

    func tables() async throws -> [DatasetName] { snapshots.withLock { $0.keys.sorted() } }

    func snapshot(of table: DatasetName, at version: Int64?) async throws -> TableSnapshot? {
        recorded.withLock { $0.append(table) }
        return snapshots.withLock { $0[table] }
    }

    func missingFile(of snapshot: TableSnapshot) async throws -> String? { nil }
    func history(of table: DatasetName) async throws -> [TableVersion] { [] }
    func stage(_ table: DatasetName, for run: RunID) async throws -> String { throw readOnly }
    func commit(_ change: TableChange) async throws -> TableSnapshot { throw readOnly }
    func vacuum(_ table: DatasetName, grace: Duration) async throws -> (files: Int, bytes: Int64) { throw readOnly }

    private var readOnly: PipelineError {
        PipelineError(.internalError, "an export changes no table", while: "testing")
    }
}

/// An engine that answers every query over a table with rows that tests put there.
final class FixedEngine: QueryEngine {
    let answers: [DatasetName: (schema: Schema, rows: RowStream)]
    private let recorded = Mutex<[String]>([])

    /// What was asked.
    var queries: [String] { recorded.withLock { $0 } }

    init(_ answers: [DatasetName: (schema: Schema, rows: RowStream)]) { self.answers = answers }

    var dialect: any SQLDialect { preconditionFailure("what an export asks is the same in every dialect") }

    func run(_ job: EngineJob, progress: @escaping @Sendable (Int) -> Void) async throws -> EngineResult {
        throw PipelineError(.internalError, "an export runs no job", while: "testing")
    }

    func withRows<Result: Sendable>(
        of sql: SQLText,
        over inputs: [EngineTable],
        _ body: @escaping @Sendable (Schema, RowStream) async throws -> Result
    ) async throws -> Result {
        recorded.withLock { $0.append(sql.text) }
        guard let table = inputs.first, let answer = answers[table.name] else {
            throw PipelineError(.notFound, "no such table", while: "testing")
        }
        return try await body(answer.schema, answer.rows)
    }

    var records: any RecordDialect { preconditionFailure("an export takes no records apart") }
    func probe() async throws {}
    func describe(parquet path: String) async throws -> (schema: Schema, rowCount: Int64) { throw notAsked }
    func schema(of sql: SQLText, over inputs: [EngineTable]) async throws -> Schema { throw notAsked }
    private var notAsked: PipelineError {
        PipelineError(.internalError, "an export does not ask this", while: "testing")
    }
}

/// Remembers what was reported.
final class RecordedProgress: ProgressReporting {
    private let recorded = Mutex<[String]>([])
    var lines: [String] { recorded.withLock { $0 } }
    func advance(_ work: String, done: Int64, total: Int64?, unit: ProgressUnit) {
        recorded.withLock { $0.append("\(work) \(done)/\(total.map { "\($0)" } ?? "?") \(unit)") }
    }
    func finish(_ work: String, outcome: String) { recorded.withLock { $0.append("\(work): \(outcome)") } }
}

extension TableSnapshot {
    /// A version of a table in one file.
    init(_ definition: DatasetDefinition, version: Int64 = 0, rows: Int64, committedAt: Int64 = 0) {
        self.init(
            definition: definition,
            version: version,
            committedAt: Timestamp(microseconds: committedAt),
            files: [TableFile(path: "/lake/\(definition.name)/a.parquet", size: 100, rowCount: rows)],
            cursors: [:]
        )
    }
}

/// Canonical CSV of some rows, each row a chunk.
func chunks(_ rows: [[String?]]) -> [RowChunk] {
    rows.map { row in
        var writer = CanonicalCSVWriter()
        writer.append(row: row)
        return writer.takeChunk()
    }
}
