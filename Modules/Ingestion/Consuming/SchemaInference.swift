internal import PipelineCore

/// Finds the types of columns from all their values.
///
/// A column is of the first type that every value fits: BOOLEAN, BIGINT, DOUBLE, DATE, TIMESTAMPTZ, else VARCHAR. Digits with
/// a leading zero are text (a postal code is no number), and so is a column without any value.
struct SchemaInference {
    let relation: RecordRelation
    let timezone: String
    private var dialect: any RecordDialect { relation.dialect }

    /// A query with one row: for each column how many values there are, and how many fit each type.
    func counting(_ columns: [String]) -> String {
        let counts = columns.indices.flatMap { index -> [String] in
            let text = "nullif(trim(field_\(index)), '')"
            return ["count(\(text)) AS \(sqlIdentifier("\(index) values"))"]
                + Self.candidates.map { type in
                    "count(CASE WHEN \(fits(text, type)) THEN 1 END) AS \(sqlIdentifier("\(index) \(type)"))"
                }
        }
        return "SELECT \(counts.joined(separator: ", ")) FROM (\(relation.selecting(columns))) AS records"
    }

    /// The columns' types, read from the answers of one or more relations with the same columns.
    static func types(of columns: [String], answers: [[String: String?]]) -> [DataType] {
        columns.indices.map { index in
            let sum = { (key: String) in answers.reduce(0) { $0 + (($1["\(index) \(key)"] ?? nil).flatMap { Int64($0) } ?? 0) } }
            let values = sum("values")
            guard values > 0 else { return .varchar }
            return candidates.first { sum("\($0)") == values } ?? .varchar
        }
    }

    private static let candidates: [DataType] = [.boolean, .bigint, .double, .date, .timestamptz]

    private func fits(_ text: String, _ type: DataType) -> String {
        let number = #"^[+-]?(0|[1-9][0-9]*)"#
        return switch type {
        case .boolean: "lower(\(text)) IN ('true', 'false')"
        case .bigint: "\(dialect.matches(text, number + "$")) AND \(dialect.cast(text, to: .bigint)) IS NOT NULL"
        case .double: dialect.matches(text, number + #"?(\.[0-9]+)?([eE][+-]?[0-9]+)?$"#) + " AND \(dialect.cast(text, to: .double)) IS NOT NULL"
        case .date: "\(dialect.matches(text, #"^\d{4}-\d{2}-\d{2}$"#)) AND \(dialect.cast(text, to: .date)) IS NOT NULL"
        default: "\(dialect.matches(text, #"[-/:]"#)) AND \(dialect.timestamp(text, timezone: timezone)) IS NOT NULL"
        }
    }
}
