internal import Lake
public import PipelineCore

extension Pipeline {
    /// Runs once, alone: throws `conflict` while another process runs the same pipeline.
    ///
    /// `makeWorkspace` makes a directory for the run's own files below the given one, after removing what killed runs
    /// left there. `onPart` is told of each part as soon as it is done.
    public func run(
        _ options: PipelineRun.Options,
        makeWorkspace: (_ parent: String) throws -> any Workspace,
        progress: any ProgressReporting = SilentProgress(),
        onPart: @escaping @Sendable (RunReport.Part) -> Void = { _ in }
    ) async throws -> RunReport {
        let history = try RunHistory(stateDirectory: stateDirectory)
        let lock = try RunLock(stateDirectory: stateDirectory)
        defer { withExtendedLifetime(lock) {} }
        try await checkLake(against: history)
        let workspace = try makeWorkspace(stateDirectory + "/work")
        var report = try await PipelineRun(
            self,
            options: options,
            workspace: workspace,
            history: history,
            progress: progress,
            onPart: onPart
        )()
        if report.outcome == .succeeded {
            do {
                _ = try await removeOldFiles(grace: Self.grace)
            } catch let error as PipelineError {
                report.warnings.append(error.description)
            }
        }
        try history.record(report)
        return report
    }

    /// How long files stay that only older versions refer to: so long can a version be read, and a query go on.
    public static let grace = Duration.seconds(7 * 86_400)

    /// Removes what no version younger than `grace` refers to; throws `conflict` while the pipeline runs.
    public func vacuum(grace: Duration) async throws -> (files: Int, bytes: Int64) {
        _ = try RunHistory(stateDirectory: stateDirectory)
        let lock = try RunLock(stateDirectory: stateDirectory)
        defer { withExtendedLifetime(lock) {} }
        return try await removeOldFiles(grace: grace)
    }

    private func removeOldFiles(grace: Duration) async throws -> (files: Int, bytes: Int64) {
        var removed = try await rawZone.vacuum(grace: grace)
        for table in try await tables.tables() {
            let one = try await tables.vacuum(table, grace: grace)
            removed = (removed.files + one.files, removed.bytes + one.bytes)
        }
        return removed
    }

    /// Refuses to fill a lake that has lost what it held: a disk that is not mounted looks just like it, and exports would
    /// replace what people look at by nothing.
    ///
    /// Runs and collectors know what it held. Tables alone can be made again from the raw zone.
    func checkLake(against history: RunHistory?) async throws {
        if let history, let run = try history.lastSuccess(), try await tables.tables().isEmpty {
            try await checkRawZone(holdsWhatIsIn: history, since: run)
        }
        let logs = (try? await findReceiverLogs()) ?? []  // Those that cannot be looked at are among the warnings.
        for mark in logs.compactMap(\.landed) { try mark.check(against: try await rawZone.ledger(of: mark.source)) }
    }

    private func checkRawZone(holdsWhatIsIn history: RunHistory, since run: RunID) async throws {
        var problem: String?
        if try await store.list(under: LandingLog.standardPrefix).isEmpty {
            problem = "the lake is empty, though run \(run) filled it"
        }
        for source in try history.takenSources() where problem == nil {
            guard try await rawZone.ledger(of: source).latest == nil else { continue }
            problem = "the lake holds no tables, and nothing of what runs have taken from '\(source)'"
        }
        guard let problem else { return }
        throw PipelineError(
            .notFound,
            problem,
            while: "looking for the lake",
            hint: "mount or put back its directory; to begin anew, remove \(stateDirectory)/control.sqlite"
        )
    }
}
