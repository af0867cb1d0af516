public import PipelineCore

/// What came of taking a source's files.
///
/// Rows in = accepted + rejected, always; duplicates among events are found later.
public struct IngestionReport: Sendable, Hashable {
    /// The source's name in the config.
    public let source: String
    /// Where accepted rows went.
    public let table: DatasetName
    /// Files of which nothing was known.
    public var newFiles = 0
    /// Files that went on where an earlier part ended.
    public var grownFiles = 0
    /// Files with another content than was taken under their names.
    public var changedFiles = 0
    /// Files whose content was already there under another name.
    public var knownFiles = 0
    /// Files, or parts of them, that had landed earlier and were read from there.
    public var landedFiles = 0
    /// Files that were not read, because nothing about them has changed.
    public var unchangedFiles = 0
    /// Files that went away, or became others, before their turn came.
    public var missedFiles = 0
    /// Records found in the files.
    public var rows: Int64 = 0
    /// Rows that are in the table now.
    public var accepted: Int64 = 0
    /// Rows that are in the dead letters now.
    public var rejected: Int64 = 0
    /// Rows of earlier runs that these took the place of.
    public var superseded: Int64 = 0

    /// A report of nothing yet.
    public init(source: String, table: DatasetName) {
        self.source = source
        self.table = table
    }

    /// Files that were dealt with in any way.
    public var takenFiles: Int { newFiles + grownFiles + changedFiles + knownFiles + landedFiles }

    /// Whether the source gave anything that changes a table.
    public var isEmpty: Bool { rows == 0 && superseded == 0 }

    /// Notes that dead letters have been read again, which a full run has counted when it rejected them.
    mutating func replay(_ letters: Int64) {
        let counted = min(letters, rejected)
        rows -= counted
        rejected -= counted
        superseded += letters - counted
    }

    mutating func count(_ action: IngestionPlan.Action) {
        switch action {
        case .new: newFiles += 1
        case .grown: grownFiles += 1
        case .changed: changedFiles += 1
        case .known: knownFiles += 1
        }
    }
}
