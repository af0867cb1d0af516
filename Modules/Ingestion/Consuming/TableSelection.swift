internal import PipelineCore

/// The query that makes rows of a table of records, held to the table's types.
struct TableSelection {
    let schema: Schema
    let timezone: String
    let relation: RecordRelation
    private var dialect: any RecordDialect { relation.dialect }
    /// The table's columns that the records have, with the source's own name for each.
    private let present: [(field: Field, column: String)]

    /// - Parameter columns: the records' columns.
    init(_ schema: Schema, timezone: String, relation: RecordRelation, columns: [String]) {
        self.schema = schema
        self.timezone = timezone
        self.relation = relation
        let own = Dictionary(columns.map { (Self.name($0), $0) }, uniquingKeysWith: { first, _ in first })
        present = schema.fields.compactMap { field in own[field.name.lowercased()].map { (field, $0) } }
    }

    /// How a source column is found among a table's columns.
    static func name(_ column: String) -> String { CSVScanner.unique([column])[0].lowercased() }

    var accepted: String {
        let columns = schema.fields.map { field -> String in
            guard present.contains(where: { $0.field.name == field.name }) else {
                return "CAST(NULL AS \(field.type)) AS \(sqlIdentifier(field.name))"
            }
            return "\(sqlIdentifier("value " + field.name)) AS \(sqlIdentifier(field.name))"
        }
        let provenance = ["path AS _file", "file_id AS _file_id", "millrace_row AS _row"]
        return "SELECT \((columns + provenance).joined(separator: ", ")) FROM (\(typed)) AS typed WHERE \(reason) IS NULL"
    }

    var rejected: String {
        let raw = relation.raw(fields: present.map(\.column))
        let rows = "SELECT millrace_file, millrace_row, \(reason) AS reason, \(sqlLiteral(raw.encoding)) AS encoding, millrace_raw AS raw "
            + "FROM (\(typed)) AS typed WHERE \(reason) IS NOT NULL"
        return relation.selectingBroken.map { "\($0) UNION ALL \(rows)" } ?? rows
    }

    /// The first column whose text is no value of its type, or NULL.
    private var reason: String {
        let cases = present.enumerated().compactMap { index, entry -> String? in
            guard entry.field.type != .varchar, !isTyped(entry) else { return nil }
            return "WHEN \(text(index)) IS NOT NULL AND \(sqlIdentifier("value " + entry.field.name)) IS NULL "
                + "THEN \(sqlLiteral("\(entry.field.name): it is no \(entry.field.type)"))"
        }
        return cases.isEmpty ? "CAST(NULL AS VARCHAR)" : "CASE \(cases.joined(separator: " ")) END"
    }

    private var typed: String {
        let values = present.enumerated().map { index, entry in
            "\(isTyped(entry) ? "field_\(index)" : value(text(index), entry.field.type)) AS \(sqlIdentifier("value " + entry.field.name))"
        }
        let raw = "\(relation.raw(fields: present.map(\.column)).expression) AS millrace_raw"
        return "SELECT records.*, files.path, files.file_id, \((values + [raw]).joined(separator: ", ")) "
            + "FROM (\(relation.selecting(present.map(\.column), keeping: Set(present.filter(isTyped).map(\.column))))) AS records JOIN landed_files AS files ON files.file = records.millrace_file"
    }

    /// Whether the records hold the column in the table's own type.
    private func isTyped(_ entry: (field: Field, column: String)) -> Bool { relation.type(of: entry.column) == entry.field.type }

    /// Text that stands for a value: where the column is not text itself, an empty field is no value.
    private func text(_ index: Int) -> String {
        present[index].field.type == .varchar ? "field_\(index)" : "nullif(trim(field_\(index)), '')"
    }

    private func value(_ text: String, _ type: DataType) -> String {
        type == .timestamptz ? dialect.timestamp(text, timezone: timezone) : dialect.cast(text, to: type)
    }
}
