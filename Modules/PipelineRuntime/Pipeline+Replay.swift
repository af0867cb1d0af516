public import Ingestion
public import PipelineCore

extension Pipeline {
    /// Reads dead letters of a source again, alone: throws `conflict` while another process runs the same pipeline.
    ///
    /// `reason` is a text that their reasons contain, nil any. `makeWorkspace` is that of a run. What comes of it gets into
    /// datasets with the next run.
    public func replay(
        _ name: String,
        fix: RecordFix,
        reason: String?,
        isRehearsal: Bool,
        makeWorkspace: (_ parent: String) throws -> any Workspace
    ) async throws -> ReplayReport {
        let source = try source(named: name, while: "replaying")
        let history = try RunHistory(stateDirectory: stateDirectory)
        let lock = try RunLock(stateDirectory: stateDirectory)
        defer { withExtendedLifetime(lock) {} }
        try await checkLake(against: history)
        let job = ingestion(
            source,
            run: RunID.new(at: clock.now()),
            workspace: try makeWorkspace(stateDirectory + "/work"),
            progress: SilentProgress()
        )
        return try await job.replay(fix, reason: reason, isRehearsal: isRehearsal)
    }
}
