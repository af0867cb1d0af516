public import PipelineCore

extension Pipeline {
    /// Runs once, alone: throws `conflict` while another process runs the same pipeline.
    ///
    /// `makeWorkspace` makes a directory for the run's own files below the given one, after removing what killed runs
    /// left there.
    public func run(
        _ options: PipelineRun.Options,
        makeWorkspace: (_ parent: String) throws -> any Workspace,
        progress: any ProgressReporting = SilentProgress()
    ) async throws -> RunReport {
        let history = try RunHistory(stateDirectory: stateDirectory)
        let lock = try RunLock(stateDirectory: stateDirectory)
        defer { withExtendedLifetime(lock) {} }
        let workspace = try makeWorkspace(stateDirectory + "/work")
        let report = try await PipelineRun(
            self,
            options: options,
            workspace: workspace,
            history: history,
            progress: progress
        )()
        if report.outcome == .succeeded { _ = try await vacuum(grace: Self.grace) }
        return report
    }

    /// How long files stay that only older versions refer to: so long can a version be read, and a query go on.
    public static let grace = Duration.seconds(7 * 86_400)

    /// Removes what no version younger than `grace` refers to.
    public func vacuum(grace: Duration) async throws -> (files: Int, bytes: Int64) {
        var removed = try await rawZone.vacuum(grace: grace)
        for table in try await tables.tables() {
            let one = try await tables.vacuum(table, grace: grace)
            removed = (removed.files + one.files, removed.bytes + one.bytes)
        }
        return removed
    }
}
