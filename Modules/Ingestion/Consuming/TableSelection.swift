internal import PipelineCore

/// The query that makes rows of a table of records, held to the table's types.
struct TableSelection {
    let schema: Schema
    let relation: RecordRelation
    let types: TypedText
    /// The records' columns, all of which some column of the table takes.
    private let columns: [String]
    /// The table's columns that the records have; two of theirs are one of its where their names differ only in case.
    private let present: [(field: Field, columns: [Int])]

    /// `columns`: the records' columns.
    init(_ schema: Schema, relation: RecordRelation, columns: [String], types: TypedText) {
        self.schema = schema
        self.relation = relation
        self.types = types
        self.columns = columns
        let own = Dictionary(grouping: columns.indices) { ColumnNames.stored(columns[$0]).lowercased() }
        present = schema.fields.compactMap { field in own[field.name.lowercased()].map { (field, $0) } }
    }

    var accepted: String {
        let there = Dictionary(
            present.enumerated().map { ($1.field.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let columns = schema.fields.map { field in
            "\(there[field.name].map { "value_\($0)" } ?? "CAST(NULL AS \(field.type))") AS \(sqlIdentifier(field.name))"
        }
        let provenance = ["path AS _file", "file_id AS _file_id", "millrace_row AS _row"]
        return
            "SELECT \((columns + provenance).joined(separator: ", ")) FROM (\(typed)) AS typed WHERE \(reason) IS NULL"
    }

    var rejected: String {
        let encoding = sqlLiteral(relation.raw(columns).encoding)
        let rows =
            "SELECT millrace_file, millrace_row, \(reason) AS reason, \(encoding) AS encoding, millrace_raw AS raw "
            + "FROM (\(typed)) AS typed WHERE \(reason) IS NOT NULL"
        return relation.selectingBroken.map { "\($0) UNION ALL \(rows)" } ?? rows
    }

    /// Why a record is no row of the table, by its first column that is no value of its type; NULL if it is one.
    private var reason: String {
        let cases = present.enumerated().flatMap { position, entry -> [String] in
            var cases: [String] = []
            if entry.columns.count > 1 {
                let texts = entry.columns.map { text($0, for: entry.field) }.joined(separator: ", ")
                cases.append(
                    "WHEN least(\(texts)) <> greatest(\(texts)) THEN \(sqlLiteral("\(entry.field.name): it stands twice, with different values"))"
                )
            }
            if entry.field.type != .varchar {
                cases.append(
                    "WHEN \(source(of: entry)) IS NOT NULL AND value_\(position) IS NULL "
                        + "THEN \(sqlLiteral("\(entry.field.name): it is no \(entry.field.type)"))"
                )
            }
            return cases
        }
        return cases.isEmpty ? "CAST(NULL AS VARCHAR)" : "CASE \(cases.joined(separator: " ")) END"
    }

    private var typed: String {
        let values = present.enumerated().map { position, entry in
            let value =
                isTyped(entry)
                ? types.dialect.cast(source(of: entry), to: entry.field.type)
                : types.value(source(of: entry), as: entry.field.type)
            return "\(value) AS value_\(position)"
        }
        let kept = Set(present.filter(isTyped).flatMap { $0.columns.map { columns[$0] } })
        let raw = "\(relation.raw(columns).expression) AS millrace_raw"
        return "SELECT records.*, files.path, files.file_id, \((values + [raw]).joined(separator: ", ")) "
            + "FROM (\(relation.selecting(columns, asPaths: false, keeping: kept))) AS records "
            + "JOIN landed_files AS files ON files.file = records.millrace_file"
    }

    /// Whether the records hold the column in the table's own type.
    ///
    /// A moment may lack its zone, so it is read as text.
    private func isTyped(_ entry: (field: Field, columns: [Int])) -> Bool {
        entry.columns.count == 1 && entry.field.type != .timestamptz
            && relation.type(of: columns[entry.columns[0]]) == entry.field.type
    }

    /// What a column's value is made of.
    private func source(of entry: (field: Field, columns: [Int])) -> String {
        if isTyped(entry) { return "field_\(entry.columns[0])" }
        let texts = entry.columns.map { text($0, for: entry.field) }
        return texts.count == 1 ? texts[0] : "coalesce(\(texts.joined(separator: ", ")))"
    }

    /// Text that stands for a value: where the column is not text itself, an empty field is no value.
    private func text(_ column: Int, for field: Field) -> String {
        field.type == .varchar ? "field_\(column)" : "nullif(trim(field_\(column)), '')"
    }
}
