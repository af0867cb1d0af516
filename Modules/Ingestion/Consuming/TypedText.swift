internal import PipelineCore

/// How a text stands for a value of a type.
///
/// What reading it would change is no value of that type: digits with a leading zero are a postal code and no
/// number, a time of day is more than a DATE, and 1.5 is no BIGINT.
struct TypedText {
    let dialect: any RecordDialect
    let timezone: String

    /// The types that a column of texts may turn out to have, the narrowest first.
    static let candidates: [DataType] = [.boolean, .bigint, .double, .date, .timestamptz]

    /// The value, or NULL if the text stands for none.
    func value(_ text: String, as type: DataType) -> String {
        switch type {
        case .varchar: text
        case .boolean: "CASE lower(\(text)) WHEN 'true' THEN true WHEN 'false' THEN false END"
        case .integer, .bigint: cast(text, to: type, where: "^(0|-?[1-9][0-9]{0,18})$")
        case .double:
            // More digits before the point than a DOUBLE keeps apart are an identifier rather than a measure.
            cast(text, to: type, where: "^-?(0|[1-9][0-9]{0,14})([.][0-9]+)?([eE][+-]?[0-9]+)?$", isFinite: true)
        case .decimal(_, let scale):
            cast(text, to: type, where: "^-?[0-9]+" + (scale > 0 ? "([.][0-9]{1,\(scale)})?$" : "$"))
        case .date: cast(text, to: type, where: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
        // A number is a moment only where a mapping says that the column is one.
        case .timestamptz:
            "CASE WHEN \(dialect.matches(text, "[-/:]|^[0-9]{8}T[0-9]{6}")) THEN \(dialect.timestamp(text, timezone: timezone)) END"
        case .list, .structure: dialect.cast(text, to: type)
        }
    }

    private func cast(_ text: String, to type: DataType, where pattern: String, isFinite: Bool = false) -> String {
        let value = dialect.cast(text, to: type)
        let range = isFinite ? " AND \(value) BETWEEN -1.7976931348623157E308 AND 1.7976931348623157E308" : ""
        return "CASE WHEN \(dialect.matches(text, pattern))\(range) THEN \(value) END"
    }
}

extension DataType {
    /// The type that holds the values of both columns without changing one.
    func widened(to other: DataType) -> DataType {
        if self == other { return self }
        return switch (self, other) {
        case (.integer, .bigint), (.bigint, .integer): .bigint
        case (.integer, .double), (.double, .integer): .double
        case (.integer, .decimal(let digits, 0)) where digits >= 10: other
        case (.decimal(let digits, 0), .integer) where digits >= 10: self
        case (.bigint, .decimal(let digits, 0)) where digits >= 19: other
        case (.decimal(let digits, 0), .bigint) where digits >= 19: self
        default: .varchar
        }
    }
}
