import PipelineCore
import Synchronization

/// Wraps an engine and fails at the nth call, before or after all of its effect.
final class FaultyEngine: QueryEngine {
    private let engine: any QueryEngine
    private let turn: Int
    private let isAfter: Bool
    private let count = Atomic<Int>(0)

    init(_ engine: any QueryEngine, failingAt turn: Int, isAfter: Bool) {
        self.engine = engine
        self.turn = turn
        self.isAfter = isAfter
    }

    var calls: Int { count.load(ordering: .relaxed) }
    var dialect: any SQLDialect { engine.dialect }
    var records: any RecordDialect { engine.records }

    private func attempt<Result>(_ body: () async throws -> Result) async throws -> Result {
        let call = count.wrappingAdd(1, ordering: .relaxed).newValue
        let error = PipelineError(.outOfResources, "the simulated engine failed", while: "running")
        if call == turn, !isAfter { throw error }
        let result = try await body()
        if call == turn { throw error }
        return result
    }

    func probe() async throws { try await attempt { try await engine.probe() } }

    func run(_ job: EngineJob, progress: @escaping @Sendable (Int) -> Void) async throws -> EngineResult {
        try await attempt { try await engine.run(job, progress: progress) }
    }

    func withRows<Result: Sendable>(
        of sql: SQLText,
        over inputs: [EngineTable],
        _ body: @escaping @Sendable (Schema, RowStream) async throws -> Result
    ) async throws -> Result {
        try await attempt { try await engine.withRows(of: sql, over: inputs, body) }
    }

    func describe(parquet path: String) async throws -> (schema: Schema, rowCount: Int64) {
        try await attempt { try await engine.describe(parquet: path) }
    }

    func describe(parquet paths: [String]) async throws -> [(schema: Schema, rowCount: Int64)] {
        try await attempt { try await engine.describe(parquet: paths) }
    }

    func schema(of sql: SQLText, over inputs: [EngineTable]) async throws -> Schema {
        try await attempt { try await engine.schema(of: sql, over: inputs) }
    }
}
