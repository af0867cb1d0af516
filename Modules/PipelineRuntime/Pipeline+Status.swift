internal import Ingestion
public import PipelineCore
internal import Processing
internal import VisualizationExport

/// What a run would do now, part by part.
public struct PipelineStatus: Sendable, Codable {
    /// One part.
    public struct Part: Sendable, Codable {
        /// `source`, `job` or `export`.
        public let kind: String
        /// The name in the config.
        public let name: String
        /// What is to be done; nil where nothing is.
        public let pending: String?
        /// What else there is to say, such as what waits for somebody else than a run; nil where nothing is.
        public var remark: String?
        /// Why that cannot be told; nil where it can.
        public var problem: String?
    }
    /// Sources, then jobs, then exports, each in the order in which a run takes them.
    public let parts: [Part]
    /// Events that were acknowledged and that no run will take.
    public let warnings: [String]
}

extension Pipeline {
    /// Looks, without changing anything, at what a run would do; a part that cannot be looked at does not hide the others.
    ///
    /// Throws what a run would where nothing can be done at all.
    public func status(workspace: any Workspace) async throws -> PipelineStatus {
        let history = try RunHistory(reading: stateDirectory)
        try await checkLake(against: history)
        let logs = (try? await findReceiverLogs()) ?? []  // Why there are none is among the warnings.
        var parts: [PipelineStatus.Part] = []
        var changing: [DatasetName: String] = [:]
        for source in sources {
            let job = ingestion(
                source,
                run: RunID(rawValue: "status"),
                workspace: workspace,
                progress: SilentProgress()
            )
            var changesRows = false
            let log = source.receiver.flatMap { _ in logs.first { $0.source == source.name && $0.events > 0 } }
            var part = try await part("source", source.name) {
                let plan = try await job.plan()
                let waiting = log?.isInUse == false ? log.map { "\($0.eventCount) in the collector's log" } : nil
                changesRows = plan.changesRows || waiting != nil
                let landed = source.receiver == nil ? plan.summary : plan.summaryOfReceived
                let summaries = [waiting, landed].compactMap(\.self)
                return summaries.isEmpty ? nil : summaries.joined(separator: ", ")
            }
            if let log, log.isInUse { part.remark = "\(log.eventCount) in the collector's log, which it lands itself" }
            parts.append(part)
            guard changesRows else { continue }
            changing[source.options.table] = source.name
            changing[DatasetDefinition.deadLetters.name] = source.name
        }
        for part in jobs {
            let state = try await self.part("job", part.name) {
                let job = try part.job()
                let staleness = try await Freshness.current(of: job, in: tables).staleness(of: job, in: tables)
                let cause = job.inputs(among: changing.keys.sorted()).first.flatMap { changing[$0] }
                return staleness ?? cause.map { "after '\($0)'" }
            }
            parts.append(state)
            guard state.pending != nil else { continue }
            for table in part.writes { changing[table] = part.name }
        }
        for export in exports {
            let part = try await part("export", export.name) {
                let pending = try await pending(export, history: history)
                let cause = export.selection.names(outOf: datasets).lazy.compactMap { changing[$0] }.first
                return cause.map { "after '\($0)'" } ?? pending
            }
            parts.append(part)
        }
        return PipelineStatus(parts: parts, warnings: await warnings())
    }

    private func part(
        _ kind: String,
        _ name: String,
        _ pending: () async throws -> String?
    ) async throws -> PipelineStatus.Part {
        do {
            return PipelineStatus.Part(kind: kind, name: name, pending: try await pending())
        } catch let error as PipelineError {
            return PipelineStatus.Part(kind: kind, name: name, pending: nil, problem: error.description)
        }
    }

    private func pending(_ export: ExportJob, history: RunHistory?) async throws -> String? {
        if let missing = try await missingTables(of: export).first { return "the lake has no table '\(missing)' yet" }
        let plan = try await export.plan(produced: datasets, in: tables)
        let receipt = try history?.receipt(of: export.name)
        guard try await export.sink.currentDelivery() == receipt?.run else { return "nothing of ours is there" }
        let news = plan.news(since: receipt?.receipt)
        guard let first = news.first else { return nil }
        return news.count == 1 ? "'\(first)' has changed" : "\(news.count) datasets have changed"
    }

    /// What an export delivers and the lake does not have yet.
    func missingTables(of export: ExportJob) async throws -> [DatasetName] {
        let there = Set(try await tables.tables())
        return export.selection.names(outOf: datasets).filter { !there.contains($0) }
    }
}

extension IngestionPlan {
    /// In words for people; nil where there is nothing to do.
    var summary: String? {
        var words: [String] = []
        for (action, word) in [
            (Action.new, "new"), (.grown, "grown"), (.changed, "changed"), (.known, "touched, renamed or copied"),
        ] {
            let count = items.count { $0.action == action }
            if count > 0 { words.append("\(count) \(word) \(count == 1 ? "file" : "files")") }
        }
        if rebuild == nil, !unconsumed.isEmpty {
            words.append("\(unconsumed.count) landed by a run that did not end")
        } else if let again {
            words.append(again)
        }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// Like ``summary``, of a source whose files are the parts of a collector's log.
    var summaryOfReceived: String? {
        let rows = unconsumed.flatMap(\.files).reduce(0) { $0 + ($1.object == nil ? 0 : $1.rows) }
        return again ?? (unconsumed.isEmpty ? nil : "\(rows) landed \(rows == 1 ? "event" : "events")")
    }

    private var again: String? { rebuild.map { "all that was taken, again: \($0)" } }
}
