public import PipelineCore

/// The built-in clickstream datasets: parses what is new among user agents and addresses, then runs the models.
public struct ClickstreamJob: ProcessingJob {
    let models: ClickstreamModels
    let userAgents: any UserAgentParser
    let locator: (any AddressLocator)?

    /// A job over the event log; without `locator` places are only those that the sources give.
    public init(_ models: ClickstreamModels, userAgents: any UserAgentParser, locator: (any AddressLocator)?) {
        self.models = models
        self.userAgents = userAgents
        self.locator = locator
    }

    /// The queries themselves, and what the lookups were made by.
    public var definition: String {
        (models.models.map(\.query) + [userAgents.version, locator?.version ?? ""]).joined(separator: "\n")
    }

    /// The twelve datasets, in the order in which they are published.
    public var outputs: [DatasetName] { models.definitions.map(\.name) }

    /// The event log; the lookups are the job's own.
    public func inputs(among tables: [DatasetName]) -> [DatasetName] { [DatasetDefinition.eventLog.name] }

    /// Computes all datasets in one session of the engine, then publishes them one after the other.
    public func run(in context: JobContext) async throws -> JobReport {
        let freshness = try await Freshness.current(of: self, in: context.tables)
        let log = try await context.input(.eventLog).table
        try await Lookup.userAgents(userAgents).update(from: log, in: context)
        try await Lookup.addresses(locator).update(from: log, in: context)
        let inputs = [log, try await context.input(.userAgents).table, try await context.input(.addresses).table]
        var staging: [DatasetName: String] = [:]
        for definition in models.definitions {
            staging[definition.name] = try await context.tables.stage(definition.name, for: context.run)
        }
        let counts = EngineJob.Step.measure(label: "received", SQLText("SELECT count(*) AS n FROM event_log"))
        let steps = models.steps { staging[$0] ?? "" } + [counts]
        let result = try await context.engine.run(
            EngineJob(name: "job '\(context.name)'", inputs: inputs, steps: steps)
        ) { done in
            context.progress.advance(context.name, done: Int64(done), total: Int64(steps.count), unit: .steps)
        }
        return try await publish(result, freshness: freshness, in: context)
    }

    private func publish(
        _ result: EngineResult,
        freshness: Freshness,
        in context: JobContext
    ) async throws -> JobReport {
        var report = JobReport()
        for definition in models.definitions {
            guard let written = result.written[definition.name.rawValue] else {
                throw PipelineError(
                    .internalError,
                    "the engine did not write \(definition.name)",
                    while: "running job '\(context.name)'"
                )
            }
            let existing = try await context.tables.snapshot(of: definition.name, at: nil)
            _ = try await context.tables.commit(
                TableChange(
                    definition: definition,
                    mode: .replace,
                    files: written.files,
                    cursors: freshness.cursors(forVersion: (existing?.version ?? -1) + 1),
                    readVersion: existing?.version,
                    run: context.run
                )
            )
            report.rows.append(JobReport.KeyedCount(table: definition.name, rows: written.rowCount))
        }
        let received = (result.measured["received"]?.first?["n"] ?? nil).flatMap { Int64($0) } ?? 0
        report.duplicates = received - (result.written["events"]?.rowCount ?? 0)
        return report
    }
}
