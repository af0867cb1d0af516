public import PipelineCore

/// What a block does to the tables of the lake, as far as the config alone tells; for the checks between blocks.
public struct TableUse: Sendable, Hashable {
    /// Tables that no other block may write.
    public var writes: [DatasetName]
    /// Tables that several blocks may add to, such as the event log.
    public var appends: [DatasetName]
    /// Tables that must be there; those that only a query's text tells are left out.
    public var reads: [DatasetName]
    /// Tables that a query's text names, which other programs may have made: whoever of the config writes them comes before.
    public var mentions: [DatasetName]

    /// Nothing but what is given.
    public init(
        writes: [DatasetName] = [],
        appends: [DatasetName] = [],
        reads: [DatasetName] = [],
        mentions: [DatasetName] = []
    ) {
        self.writes = writes
        self.appends = appends
        self.reads = reads
        self.mentions = mentions
    }
}
