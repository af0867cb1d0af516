internal import Ingestion
internal import PipelineCore
internal import Processing
internal import VisualizationExport

extension Pipeline {
    /// What came of trying one part.
    public struct Probe: Sendable, Encodable {
        /// `engine`, `lake`, `sources.NAME`, `collectors`, `jobs.NAME` or `exports.NAME`.
        public let part: String
        /// What does not work; nil where nothing was found.
        public let problem: String?
        /// What could not be tried yet; nil where all was.
        public let remark: String?

        /// Something that works where `problem` is nil.
        public init(part: String, problem: String? = nil, remark: String? = nil) {
            self.part = part
            self.problem = problem
            self.remark = remark
        }
    }

    /// Tries the engine, the lake with every table, every source, job and sink, all of them whatever is found; of a job its query too.
    public func probe() async -> [Probe] {
        var probes: [Probe] = []
        func attempt(_ part: String, _ body: () async throws -> String?) async {
            do {
                probes.append(Probe(part: part, remark: try await body()))
            } catch {
                probes.append(Probe(part: part, problem: Self.text(of: error)))
            }
        }
        await attempt("engine") {
            try await engine.probe(); return nil
        }
        let hasEngine = probes.allSatisfy { $0.problem == nil }
        await attempt("lake") {
            try await probeLake(); return nil
        }
        for source in sources {
            await attempt("sources.\(source.name)") {
                try await source.receiver?.probe(of: source.name)
                _ = try await source.files.list()
                return source.receiver == nil ? nil : try await waiting(in: source.name)
            }
        }
        let warnings = await warnings()
        if !warnings.isEmpty { probes.append(Probe(part: "collectors", problem: warnings.joined(separator: "; "))) }
        var known = await knownColumns()
        let made = Set(sources.map(\.options.table) + jobs.flatMap(\.writes))
        for part in jobs {
            await attempt("jobs.\(part.name)") {
                let job = try part.job()
                guard hasEngine else { return nil }
                let prospect = try await job.prospect(among: known, expecting: made, with: engine)
                known.merge(prospect.columns) { $1 }
                let tables = prospect.unknown.map { "'\($0)'" }.joined(separator: ", ")
                let verb = prospect.unknown.count == 1 ? "is" : "are"
                return tables.isEmpty ? nil : "\(tables) \(verb) not there yet: the query's columns are not tried"
            }
        }
        for export in exports {
            await attempt("exports.\(export.name)") {
                try await export.sink.probe(); return nil
            }
        }
        return probes
    }

    /// How much waits in the log of a receiver.
    private func waiting(in source: String) async throws -> String? {
        guard let log = try await findReceiverLogs().first(where: { $0.source == source }) else { return nil }
        return log.events > 0 ? "\(log.eventCount) \(log.events == 1 ? "waits" : "wait") to land" : nil
    }

    /// Tries that the lake can be written, and that every table in it can be read.
    private func probeLake() async throws {
        try await store.probe()
        try await checkLake(against: RunHistory(reading: stateDirectory))
        var problems: [String] = []
        for table in try await tables.tables() {
            do { _ = try await tables.readableSnapshot(of: table) } catch { problems.append(Self.text(of: error)) }
        }
        guard problems.isEmpty else {
            throw PipelineError(.corruptData, problems.joined(separator: "; "), while: "looking for the lake")
        }
    }

    /// The columns of the tables that there are, and of those that sources fill and whose form is ours.
    private func knownColumns() async -> [DatasetName: Schema] {
        let ours = sources.isEmpty ? [] : [DatasetDefinition.eventLog, .deadLetters]
        let filled = sources.map(\.options.table) + [DatasetDefinition.deadLetters.name]
        var known: [DatasetName: Schema] = [:]
        for definition in ours where filled.contains(definition.name) { known[definition.name] = definition.schema }
        // What cannot be read is told of the lake.
        for table in (try? await tables.tables()) ?? [] {
            if let there = try? await tables.snapshot(of: table, at: nil) { known[table] = there.definition.schema }
        }
        return known
    }

    private static func text(of error: any Error) -> String { (error as? PipelineError)?.description ?? "\(error)" }
}
