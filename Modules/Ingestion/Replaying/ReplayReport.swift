public import PipelineCore

/// What came of reading dead letters again.
///
/// `before` = `replayed` + `dead` + `superseded`, by what the tables hold before and after, row by row.
public struct ReplayReport: Sendable, Hashable {
    /// The source's name in the config.
    public let source: String
    /// Where records go that can be used.
    public let table: DatasetName
    /// The dead letters that were asked for.
    public var before: Int64 = 0
    /// Those of them that are in the table now; of a rehearsal, those that would be.
    public var replayed: Int64 = 0
    /// Those that are dead letters still, under the reason that they had.
    public var dead: Int64 = 0
    /// Those that what had landed before took the place of.
    public var superseded: Int64 = 0
    /// Why those that were read again and cannot be used cannot, the most frequent reason first.
    public var reasons: [Reason] = []
    /// What had landed, or was to be read again because the config has changed, and was taken before.
    public var caughtUp: IngestionReport

    /// A reason and how many records have it.
    public struct Reason: Sendable, Hashable {
        /// In words.
        public let text: String
        /// How many records.
        public let count: Int64
    }

    init(source: String, table: DatasetName) {
        self.source = source
        self.table = table
        caughtUp = IngestionReport(source: source, table: table)
    }
}

/// Which dead letters are meant.
public struct DeadLetterSelection: Sendable, Hashable {
    /// Whose; nil: all sources'.
    public let source: String?
    /// A text that their reasons contain; nil: any reason.
    public let reason: String?
    /// A selection by source and reason.
    public init(source: String? = nil, reason: String? = nil) {
        self.source = source
        self.reason = reason
    }

    /// The condition for rows of ``PipelineCore/DatasetDefinition/deadLetters``, in SQL.
    public var condition: String {
        let conditions = [
            source.map { "source = \(sqlLiteral($0))" }, reason.map { "position(\(sqlLiteral($0)) IN reason) > 0" },
        ].compactMap(\.self)
        return conditions.isEmpty ? "true" : conditions.joined(separator: " AND ")
    }
}
