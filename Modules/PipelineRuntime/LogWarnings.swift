public import PipelineConfig
public import PipelineCore

extension PipelineFile where Source == SourcePart, Job == JobPart, Export == ExportPart {
    /// What is to be said of logs that are damaged, or hold events which no source of this file will take.
    public func warnings(about logs: [ReceiverLog]) -> [String] {
        let receiving = sources.filter { if case .receiver = $0.value.origin { true } else { false } }.map(\.name)
        return logs.flatMap { $0.warnings(besides: receiving) }
    }
}

extension Pipeline {
    /// What is to be said of logs that are damaged, or hold events which no source will take, as when one was renamed.
    ///
    /// Logs that cannot be looked at are told of too.
    func warnings() async -> [String] {
        let receiving = sources.filter { $0.receiver != nil }.map(\.name)
        do {
            return try await findReceiverLogs().flatMap { $0.warnings(besides: receiving) }
        } catch {
            return [(error as? PipelineError)?.description ?? "\(error)"]
        }
    }
}

extension ReceiverLog {
    fileprivate func warnings(besides sources: [String]) -> [String] {
        [stranded(besides: sources), damage].compactMap(\.self)
    }

    private func stranded(besides sources: [String]) -> String? {
        guard events > 0, !isInUse, !sources.contains(source) else { return nil }
        return """
            \(directory) holds \(eventCount) that were acknowledged and are not in the lake, and the config has no source \
            '\(source)' that takes them: put it back as it was until a run has taken them, or remove the directory to lose them
            """
    }

    private var damage: String? {
        guard !damagedFiles.isEmpty else { return nil }
        let files = damagedFiles.map { "\(directory)/\($0)" }.joined(separator: ", ")
        let (were, them) = damagedFiles.count == 1 ? ("was", "it") : ("were", "them")
        return """
            \(files) \(were) put aside because the disk has damaged \(them), or a part: look at its health, then remove \(them)
            """
    }

    /// `1 event`, `2 events`.
    var eventCount: String { events == 1 ? "1 event" : "\(events) events" }
}
