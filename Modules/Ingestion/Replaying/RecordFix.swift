internal import PipelineCore

/// What is changed in records that could not be used before they are read again; each step sees what the one before left.
///
/// Names are those of a record's own columns, or of the members of a JSON object at its top.
public struct RecordFix: Sendable, Hashable {
    /// One change.
    public enum Step: Sendable, Hashable {
        /// Gives a member a text where it is missing, null or the empty text.
        case set(member: String, value: String)
        /// Calls a member by another name, where it is there and nothing has that name.
        case rename(member: String, to: String)
        /// Takes a member away.
        case drop(member: String)
    }
    /// In the order in which they are done; none reads records as they are.
    public var steps: [Step]

    /// A fix by its steps.
    public init(_ steps: [Step] = []) { self.steps = steps }

    /// A query over `relation` that passes on `columns`, and `record`, a JSON object, fixed.
    func selecting(_ columns: [String], from relation: String, dialect: any RecordDialect) -> String {
        steps.reduce("SELECT \((columns + ["record"]).joined(separator: ", ")) FROM \(relation)") { query, step in
            "SELECT \(columns.joined(separator: ", ")), \(Self.fixed(step, dialect)) AS record FROM (\(query)) AS records"
        }
    }

    private static func fixed(_ step: Step, _ dialect: any RecordDialect) -> String {
        switch step {
        case .set(let member, let value): dialect.jsonObject("record", setting: member, to: value)
        case .rename(let member, let name): dialect.jsonObject("record", renaming: member, to: name)
        case .drop(let member): dialect.jsonObject("record", without: [member])
        }
    }
}
