internal import Ingestion
internal import PipelineCore
internal import Processing
internal import VisualizationExport

/// One run: takes what is new, computes what is out of date, delivers what has changed, and says what it did.
public struct PipelineRun: Sendable {
    /// What to do.
    public struct Options: Sendable {
        /// Names of sources, jobs and exports; none means all.
        public var targets: [String]
        /// Whether jobs and exports run even if nothing has changed.
        public var isFull: Bool
        /// All that is pending, unless told otherwise.
        public init(targets: [String] = [], isFull: Bool = false) {
            self.targets = targets
            self.isFull = isFull
        }
    }

    private let pipeline: Pipeline
    private let options: Options
    private let workspace: any Workspace
    private let history: RunHistory
    private let progress: any ProgressReporting
    private let onPart: @Sendable (RunReport.Part) -> Void
    private let run: RunID

    init(
        _ pipeline: Pipeline,
        options: Options,
        workspace: any Workspace,
        history: RunHistory,
        progress: any ProgressReporting,
        onPart: @escaping @Sendable (RunReport.Part) -> Void
    ) {
        self.pipeline = pipeline
        self.options = options
        self.workspace = workspace
        self.history = history
        self.progress = progress
        self.onPart = onPart
        run = RunID.new(at: pipeline.clock.now())
    }

    /// Runs; an error of one part is in the report and stops what depends on it, not the rest.
    ///
    /// Throws only where nothing can be done at all, and when cancelled.
    func callAsFunction() async throws -> RunReport {
        let targets = try RunTargets(options.targets, in: pipeline)
        let start = ContinuousClock.now
        let startedAt = pipeline.clock.now()
        var report = RunReport(run: run.rawValue, startedAt: startedAt.description)
        for source in pipeline.sources where targets.sources.contains(source.name) {
            let entry = try await timed { try await ingest(source, &report.warnings) }
            report.sources.append(entry)
            tell(.source(entry), source.name)
        }
        var failed: Set<String> = []
        for job in pipeline.jobs where targets.jobs.contains(job.name) {
            let entry = try await timed { try await process(job, blockedBy: job.after.first(where: failed.contains)) }
            if ![.succeeded, .skipped].contains(entry.outcome) { failed.insert(job.name) }
            report.jobs.append(entry)
            tell(.job(entry), job.name)
        }
        let header = DeliveryHeader(
            pipeline: pipeline.name,
            run: run,
            startedAt: startedAt,
            timezone: pipeline.timezone
        )
        for export in pipeline.exports where targets.exports.contains(export.name) {
            let entry = try await timed { try await deliver(export, header: header, failed: failed) }
            report.exports.append(entry)
            tell(.export(entry), export.name)
        }
        report.warnings += await pipeline.warnings()
        report.seconds = (ContinuousClock.now - start).seconds
        return report
    }

    private func tell(_ part: RunReport.Part, _ name: String) {
        progress.finish(name, outcome: "done")
        onPart(part)
    }

    private func ingest(_ source: PipelineSource, _ remarks: inout [String]) async throws -> RunReport.Source {
        let job = pipeline.ingestion(source, run: run, workspace: workspace, progress: progress)
        var entry = RunReport.Source(name: source.name, outcome: .skipped, table: source.options.table.rawValue)
        entry.isReceived = source.receiver != nil
        do {
            try await pipeline.drain(source, &remarks)
            let plan = try await job.plan(isFull: options.isFull)
            entry.found = plan.unchanged + plan.items.count
            guard !plan.isEmpty else { return entry }
            let result = try await job.run(plan)
            entry.outcome = .succeeded
            entry.files = result.takenFiles
            (entry.rows, entry.accepted) = (result.rows, result.accepted)
            (entry.rejected, entry.superseded) = (result.rejected, result.superseded)
        } catch {
            (entry.outcome, entry.error) = (.failed, try message(error))
        }
        return entry
    }

    private func process(_ part: PipelineJob, blockedBy blocker: String?) async throws -> RunReport.Job {
        var entry = RunReport.Job(name: part.name, outcome: .skipped)
        if let blocker {
            entry.outcome = .blocked
            entry.error = "it waits for '\(blocker)', which did not succeed"
            return entry
        }
        do {
            let job = try part.job()
            let freshness = try await Freshness.current(of: job, in: pipeline.tables)
            let staleness = try await freshness.staleness(of: job, in: pipeline.tables)
            guard let reason = staleness ?? (options.isFull ? "a full run was asked for" : nil) else { return entry }
            entry.reason = reason
            let context = JobContext(
                name: part.name,
                run: run,
                tables: pipeline.tables,
                engine: pipeline.engine,
                workspace: workspace,
                progress: progress
            )
            let result = try await job.run(in: context)
            entry.outcome = .succeeded
            entry.rows = Dictionary(result.rows.map { ($0.table.rawValue, $0.rows) }, uniquingKeysWith: { $1 })
            entry.duplicates = result.duplicates
        } catch {
            entry.outcome = (error as? PipelineError)?.code == .checkFailed ? .checkFailed : .failed
            let missing = try await missingTable(toldBy: error)
            entry.error = try message(error) + (missing.map { "; \($0)" } ?? "")
        }
        return entry
    }

    /// Why a table that a failed query speaks of is not there: engines know only that it is not.
    private func missingTable(toldBy error: any Error) async throws -> String? {
        guard let error = error as? PipelineError, error.code == .invalidQuery else { return nil }
        let existing = try await pipeline.tables.tables()
        let source = pipeline.sources.first { source in
            !existing.contains(source.options.table) && error.message.contains(source.options.table.rawValue)
        }
        return source.map { "'\($0.options.table)' comes with the first file of the source '\($0.name)'" }
    }

    private func deliver(
        _ export: ExportJob,
        header: DeliveryHeader,
        failed: Set<String>
    ) async throws -> RunReport.Export {
        var entry = RunReport.Export(name: export.name, outcome: .skipped)
        do {
            if let blocker = blocker(of: export, failed: failed) {
                entry.outcome = .blocked
                entry.error = "it waits for '\(blocker)', which did not succeed"
                return entry
            }
            let plan = try await export.plan(produced: pipeline.datasets, in: pipeline.tables)
            let receipt = try history.receipt(of: export.name)
            let isThere = try await export.sink.currentDelivery() == receipt?.run
            guard options.isFull || !isThere || !plan.news(since: receipt?.receipt).isEmpty else { return entry }
            let delivered = try await export.deliver(
                plan,
                after: receipt?.receipt,
                with: pipeline.engine,
                header: header,
                progress: progress
            )
            try history.record(delivered, of: export.name, run: run)
            entry.outcome = .succeeded
            entry.datasets = delivered.datasets.count
            entry.rows = delivered.rowCount
        } catch {
            (entry.outcome, entry.error) = (.failed, try message(error))
        }
        return entry
    }

    /// The failed job that writes something the export delivers: datasets of one delivery must fit together.
    private func blocker(of export: ExportJob, failed: Set<String>) -> String? {
        let delivered = Set(export.selection.names(outOf: pipeline.datasets))
        return pipeline.jobs.first { failed.contains($0.name) && !delivered.isDisjoint(with: $0.outputs) }?.name
    }

    /// The error's text for the report; a cancellation goes on.
    private func message(_ error: any Error) throws -> String {
        if error is CancellationError { throw error }
        try Task.checkCancellation()
        return (error as? PipelineError)?.description ?? "\(error)"
    }

    private func timed<Entry: TimedEntry>(_ body: () async throws -> Entry) async throws -> Entry {
        let start = ContinuousClock.now
        var entry = try await body()
        entry.seconds = (ContinuousClock.now - start).seconds
        return entry
    }
}

/// A part of a report that tells how long it took.
private protocol TimedEntry { var seconds: Double { get set } }
extension RunReport.Source: TimedEntry {}
extension RunReport.Job: TimedEntry {}
extension RunReport.Export: TimedEntry {}

extension Duration {
    /// In seconds, to the millisecond.
    ///
    /// One division, so that the number is the nearest to what people read: 1.469, not 1.4689999999999999.
    var seconds: Double {
        let fraction = (components.attoseconds + 500_000_000_000_000) / 1_000_000_000_000_000
        return Double(components.seconds * 1000 + fraction) / 1000
    }
}

extension RunID {
    /// `20261121T073117-4f2a`: sorts by time, and differs between runs of the same second.
    static func new(at moment: Timestamp) -> RunID {
        let digits = moment.description.prefix(19).filter { $0.isNumber || $0 == "T" }
        let suffix = String(UInt16.random(in: 0...UInt16.max), radix: 16)
        return RunID(rawValue: digits + "-" + String(repeating: "0", count: 4 - suffix.count) + suffix)
    }
}
