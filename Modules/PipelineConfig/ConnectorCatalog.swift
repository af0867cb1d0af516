public import PipelineCore

/// All that a config file can name with `use:`.
///
/// What becomes of a source, a job and an export is the affair of whoever composes the program: a kind of block joins what
/// a connector makes of it with what a layer reads from the same block.
public struct ConnectorCatalog<Source: Sendable, Job: Sendable, Export: Sendable>: Sendable {
    /// Where tables and raw data can live.
    public let lakes: [Connector<any ObjectStore>]
    /// What can run SQL; the first is used where the file names none.
    public let engines: [Connector<any QueryEngine>]
    /// Where data can come from.
    public let sources: [BlockKind<Source>]
    /// What can be made of them.
    public let jobs: [BlockKind<Job>]
    /// Where datasets can go.
    public let exports: [BlockKind<Export>]

    /// A catalog of what is built in.
    public init(
        lakes: [Connector<any ObjectStore>],
        engines: [Connector<any QueryEngine>],
        sources: [BlockKind<Source>],
        jobs: [BlockKind<Job>],
        exports: [BlockKind<Export>]
    ) {
        self.lakes = lakes
        self.engines = engines
        self.sources = sources
        self.jobs = jobs
        self.exports = exports
    }
}
