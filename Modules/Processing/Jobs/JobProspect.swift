public import PipelineCore

/// What a job would make, found without computing it.
public struct JobProspect: Sendable {
    /// The columns of the outputs; an output is left out where they depend on what is not known.
    public let columns: [DatasetName: Schema]
    /// Tables that it reads and whose columns are not known yet, so that only the form of its query could be tried.
    public let unknown: [DatasetName]

    init(columns: [DatasetName: Schema], unknown: [DatasetName] = []) {
        self.columns = columns
        self.unknown = unknown
    }
}

extension ClickstreamJob {
    /// The datasets as they are defined; the queries are ours and need no trial.
    public func prospect(
        among known: [DatasetName: Schema],
        expecting others: Set<DatasetName>,
        with engine: any QueryEngine
    ) async throws -> JobProspect {
        JobProspect(columns: Dictionary(models.definitions.map { ($0.name, $0.schema) }) { first, _ in first })
    }
}

extension SQLJob {
    /// Has the engine describe the query over empty tables with the columns that are known.
    public func prospect(
        among known: [DatasetName: Schema],
        expecting others: Set<DatasetName>,
        with engine: any QueryEngine
    ) async throws -> JobProspect {
        let unknown = tables.filter { others.contains($0) && known[$0] == nil }
        let inputs =
            inputs(among: known.keys.sorted()).map { ($0, known[$0] ?? Schema([])) }
            + unknown.map { ($0, Schema([Field("unknown", .varchar)])) }
        do {
            let found = try await engine.schema(
                of: query,
                over: inputs.map { EngineTable($0.0, schema: $0.1, storage: .parquet([])) }
            )
            guard unknown.isEmpty else { return JobProspect(columns: [:], unknown: unknown) }
            let schema = try described(found, job: into.rawValue)
            return JobProspect(columns: [into: schema])
        } catch let error as PipelineError where !unknown.isEmpty && error.message.contains("Binder Error") {
            // It speaks of columns, and those of a table that is not there yet are anybody's guess.
            return JobProspect(columns: [:], unknown: unknown)
        }
    }
}
