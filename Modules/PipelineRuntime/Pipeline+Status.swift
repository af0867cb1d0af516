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
    }
    /// Sources, then jobs, then exports, each in the order in which a run takes them.
    public let parts: [Part]
    /// Whether a run would find nothing to do.
    public var isCurrent: Bool { parts.allSatisfy { $0.pending == nil } }
}

extension Pipeline {
    /// Looks, without changing anything, at what a run would do.
    public func status(workspace: any Workspace) async throws -> PipelineStatus {
        var parts: [PipelineStatus.Part] = []
        let run = RunID(rawValue: "status")
        for source in sources {
            let plan = try await ingestion(source, run: run, workspace: workspace, progress: SilentProgress()).plan()
            parts.append(.init(kind: "source", name: source.name, pending: plan.summary))
        }
        let hasNews = parts.contains { $0.pending != nil }
        for (name, _, job) in jobs {
            let staleness = try await Freshness.current(of: job, in: tables).staleness(of: job, in: tables)
            parts.append(
                .init(
                    kind: "job",
                    name: name,
                    pending: staleness ?? (hasNews ? "after the sources, if they change its tables" : nil)
                )
            )
        }
        let history = try RunHistory(stateDirectory: stateDirectory)
        for export in exports {
            parts.append(.init(kind: "export", name: export.name, pending: try await pending(export, history: history)))
        }
        return PipelineStatus(parts: parts)
    }

    private func pending(_ export: ExportJob, history: RunHistory) async throws -> String? {
        let missing = try await missingTables(of: export)
        guard missing.isEmpty else { return "\(missing[0]) does not exist yet" }
        let plan = try await export.plan(produced: datasets, in: tables)
        let receipt = try history.receipt(of: export.name)
        guard try await export.sink.currentDelivery() == receipt?.run else { return "nothing of ours is there" }
        let news = plan.news(since: receipt?.receipt)
        return news.isEmpty ? nil : "\(news.count) datasets have changed"
    }

    private func missingTables(of export: ExportJob) async throws -> [DatasetName] {
        let there = Set(try await tables.tables())
        return export.selection.names(outOf: datasets).filter { !there.contains($0) }
    }

    /// Tries the engine, every source and every sink; returns what does not work.
    public func probe() async -> [(part: String, problem: String)] {
        var problems: [(part: String, problem: String)] = []
        func attempt(_ part: String, _ body: () async throws -> Void) async {
            do { try await body() } catch {
                problems.append((part, (error as? PipelineError)?.description ?? "\(error)"))
            }
        }
        await attempt("engine") { try await engine.probe() }
        await attempt("lake") { _ = try await tables.tables() }
        for source in sources { await attempt("sources.\(source.name)") { _ = try await source.source.list() } }
        for export in exports { await attempt("exports.\(export.name)") { try await export.sink.probe() } }
        return problems
    }
}

extension IngestionPlan {
    /// In words for people; nil where there is nothing to do.
    var summary: String? {
        var words: [String] = []
        for (action, word) in [
            (Action.new, "new"), (.grown, "grown"), (.changed, "changed"), (.known, "renamed or copied"),
        ] {
            let count = items.count { $0.action == action }
            if count > 0 { words.append("\(count) \(word) \(count == 1 ? "file" : "files")") }
        }
        if !unconsumed.isEmpty { words.append("\(unconsumed.count) landed by a run that did not end") }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }
}
