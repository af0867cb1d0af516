internal import PipelineCore

/// One set of spooled records as a relation, with the source's columns as text under names of our own.
///
/// The relation passes on `file` and `row`, and gives every field that is asked for as a VARCHAR column.
struct RecordRelation {
    /// What the engine is given.
    let input: EngineTable
    let dialect: any RecordDialect
    let kind: Kind

    enum Kind {
        /// One JSON object a line.
        case json
        /// One line, taken apart by a pattern.
        case lines(LinePattern)
        /// Columns as they are, by name.
        case columns([Field])
    }

    static let line = "line"

    /// The records of a spooled group.
    init(_ group: Spool.Group, index: Int, pattern: LinePattern?, dialect: any RecordDialect) {
        self.dialect = dialect
        let numbers = [Field("millrace_file", .bigint), Field("millrace_row", .bigint)]
        let name = DatasetName(rawValue: "records_\(index)")
        if let columns = group.shape.columns {
            let fields = columns.map { Field($0, .varchar) }
            kind = .columns(fields)
            let delimiter = String(UnicodeScalar(group.shape.delimiter ?? 44))
            input = EngineTable(
                name, schema: Schema(numbers + fields),
                storage: .text([group.file.path], delimiter: delimiter, quote: "\"", longest: group.longest, hasLineEnds: group.hasLineEnds)
            )
        } else {
            kind = pattern.map { .lines($0) } ?? .json
            input = EngineTable(
                name, schema: Schema(numbers + [Field(Self.line, .varchar)]),
                storage: .text([group.file.path], delimiter: "\u{1}", quote: nil, longest: group.longest, hasLineEnds: false)
            )
        }
    }

    /// The rows of a Parquet object.
    init(parquet path: String, index: Int, fileIndex: Int, schema: Schema, dialect: any RecordDialect) {
        self.dialect = dialect
        kind = .columns(schema.fields)
        let position = Field("millrace_row", .bigint)
        input = EngineTable(
            DatasetName(rawValue: "records_\(index)"), schema: Schema(schema.fields + [position]),
            storage: .numberedParquet(path, position: position.name)
        )
        self.fileIndex = fileIndex
    }
    private var fileIndex: Int?

    /// The names of the records' own columns; for JSON they must be looked up in the data.
    var columnNames: [String]? {
        switch kind {
        case .json: nil
        case .lines(let pattern): pattern.groups
        case .columns(let fields): fields.map(\.name)
        }
    }

    /// The type that a column already has; nil where it is text.
    func type(of column: String) -> DataType? {
        guard case .columns(let fields) = kind, let field = fields.first(where: { $0.name.lowercased() == column.lowercased() }),
            field.type != .varchar
        else { return nil }
        return field.type
    }

    /// A query over the whole records: `millrace_file`, `millrace_row`, each of `fields` as text (`field_0`…), and for JSON
    /// and lines the `line`. Records that cannot be taken apart are left out.
    ///
    /// - Parameter typed: columns that keep a type of their own.
    func selecting(_ fields: [String], keeping typed: Set<String> = []) -> String {
        let named = fields.enumerated().map { (column: "field_\($0)", field: $1) }
        switch kind {
        case .json:
            let valid = "(SELECT * FROM \(input.name) WHERE \(dialect.isJSONObject(Self.line))) AS valid"
            guard !named.isEmpty else { return "SELECT millrace_file, millrace_row, line FROM \(valid)" }
            return dialect.selectingMembers(
                named.map { ($0.column, Self.path($0.field)) }, of: Self.line, passing: ["millrace_file", "millrace_row", Self.line], from: valid
            )
        case .lines(let pattern):
            let matching = "(SELECT * FROM \(input.name) WHERE \(dialect.matches(Self.line, pattern.expression))) AS matching"
            let groups = dialect.selectingGroups(
                pattern.groups, pattern: pattern.expression, of: Self.line, passing: ["millrace_file", "millrace_row", Self.line], from: matching
            )
            let chosen = named.map { "\(pattern.groups.contains($0.field) ? dashless($0.field) : "CAST(NULL AS VARCHAR)") AS \($0.column)" }
            return "SELECT \((["millrace_file", "millrace_row", "line"] + chosen).joined(separator: ", ")) FROM (\(groups)) AS taken_apart"
        case .columns(let own):
            let file = fileIndex.map { "CAST(\($0) AS BIGINT) AS millrace_file" } ?? "millrace_file"
            let row = fileIndex == nil ? "millrace_row" : "millrace_row + 1 AS millrace_row"
            let chosen = named.map { name -> String in
                guard let field = own.first(where: { $0.name.lowercased() == name.field.lowercased() }) else {
                    return "CAST(NULL AS VARCHAR) AS \(name.column)"
                }
                let column = sqlIdentifier(field.name)
                return "\(typed.contains(name.field) ? column : "CAST(\(column) AS VARCHAR)") AS \(name.column)"
            }
            return "SELECT \(([file, row] + chosen).joined(separator: ", ")) FROM \(input.name)"
        }
    }

    /// A query over the records that cannot be taken apart: file, row, reason, raw; nil where all can.
    var selectingBroken: String? {
        let (condition, reason) =
            switch kind {
            case .json: ("NOT \(dialect.isJSONObject(Self.line))", "it is not a JSON object")
            case .lines(let pattern): ("NOT \(dialect.matches(Self.line, pattern.expression))", "it does not match the pattern")
            case .columns: ("", "")
            }
        guard !condition.isEmpty else { return nil }
        return "SELECT millrace_file, millrace_row, \(sqlLiteral(reason)) AS reason, 'text' AS encoding, line AS raw FROM \(input.name) WHERE \(condition)"
    }

    /// The record as text, for dead letters: the line itself, or the fields as a JSON object.
    func raw(fields: [String]) -> (expression: String, encoding: String) {
        if case .columns = kind {
            return (dialect.jsonObject(of: fields.enumerated().map { ($1, "field_\($0)") }), "json")
        }
        return (Self.line, "text")
    }

    /// What a log writes for "nothing".
    private func dashless(_ column: String) -> String { "nullif(\(sqlIdentifier(column)), '-')" }

    static func path(_ field: String) -> [String] { field.split(separator: ".").map(String.init) }
}
