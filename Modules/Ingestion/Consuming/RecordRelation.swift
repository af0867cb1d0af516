internal import PipelineCore

/// One set of spooled records as a relation, with the source's columns as text under names of our own.
///
/// The relation passes on `millrace_file` and `millrace_row`, and gives every column that is asked for as `field_0`….
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
        /// Delimited fields with these names; the engine knows them by position, so that a name can be anything.
        case fields([String])
        /// The columns of one Parquet file, numbered by a column of the given name.
        case parquet([Field], fileIndex: Int, position: String)
    }

    static let line = "line"

    /// The records of a spooled group.
    init(_ group: Spool.Group, index: Int, pattern: LinePattern?, dialect: any RecordDialect) {
        self.dialect = dialect
        let numbers = [Field("millrace_file", .bigint), Field("millrace_row", .bigint)]
        let name = DatasetName(rawValue: "records_\(index)")
        if let columns = group.shape.columns {
            kind = .fields(columns)
            let delimiter = String(UnicodeScalar(group.shape.delimiter ?? .comma))
            input = EngineTable(
                name,
                schema: Schema(numbers + columns.indices.map { Field("column_\($0)", .varchar) }),
                storage: .text(
                    [group.file.path],
                    delimiter: delimiter,
                    quote: "\"",
                    longest: group.longest,
                    hasLineEnds: group.hasLineEnds
                )
            )
        } else {
            kind = group.shape == .objects ? .json : pattern.map { .lines($0) } ?? .json
            input = EngineTable(
                name,
                schema: Schema(numbers + [Field(Self.line, .varchar)]),
                storage: .text(
                    [group.file.path],
                    delimiter: "\u{1}",
                    quote: nil,
                    longest: group.longest,
                    hasLineEnds: false
                )
            )
        }
    }

    /// The rows of a Parquet object, whose columns and their members get names that are told apart.
    init(parquet path: String, index: Int, fileIndex: Int, schema: Schema, dialect: any RecordDialect) {
        self.dialect = dialect
        let fields = zip(ColumnNames.distinct(schema.names), schema.fields).map {
            Field($0, ColumnNames.stored($1.type))
        }
        var position = "millrace_row"
        while fields.contains(where: { $0.name.lowercased() == position }) { position += "_" }
        kind = .parquet(fields, fileIndex: fileIndex, position: position)
        input = EngineTable(
            DatasetName(rawValue: "records_\(index)"),
            schema: Schema(fields + [Field(position, .bigint)]),
            storage: .numberedParquet(path, position: position)
        )
    }

    /// The names of the records' own columns; for JSON they must be looked up in the data.
    var columnNames: [String]? {
        switch kind {
        case .json: nil
        case .lines(let pattern): pattern.groups
        case .fields(let names): names
        case .parquet(let fields, _, _): fields.map(\.name)
        }
    }

    /// The type that a column has by itself; nil where all is text.
    func type(of column: String) -> DataType? {
        guard case .parquet(let fields, _, _) = kind else { return nil }
        return fields.first { $0.name == column }?.type
    }

    /// A query over the whole records: `millrace_file`, `millrace_row`, each column as text (`field_0`…), and for
    /// JSON and lines the `line`.
    ///
    /// Records that cannot be taken apart are left out, columns that are not there are NULL.
    ///
    /// `asPaths`: whether a name with dots also names a member inside objects.
    /// `typed`: columns that keep the type that they have by themselves.
    func selecting(_ columns: [String], asPaths: Bool, keeping typed: Set<String> = []) -> String {
        switch kind {
        case .json: selectingMembers(columns, asPaths: asPaths)
        case .lines(let pattern): selectingGroups(columns, of: pattern)
        case .fields(let names):
            select(["millrace_file", "millrace_row"], columns, from: input.name.rawValue) { column in
                Self.index(of: column, in: names).map { "column_\($0)" }
            }
        case .parquet(let fields, let fileIndex, let position):
            select(
                ["CAST(\(fileIndex) AS BIGINT) AS millrace_file", "\(sqlIdentifier(position)) + 1 AS millrace_row"],
                columns,
                from: input.name.rawValue
            ) { column in
                Self.index(of: column, in: fields.map(\.name)).map { index in
                    let name = sqlIdentifier(fields[index].name)
                    return typed.contains(column) ? name : "CAST(\(name) AS VARCHAR)"
                }
            }
        }
    }

    private func selectingMembers(_ columns: [String], asPaths: Bool) -> String {
        let whole = "(SELECT * FROM \(input.name) WHERE \(dialect.isJSONObject(Self.line))) AS whole"
        let passed = ["millrace_file", "millrace_row", Self.line]
        guard !columns.isEmpty else { return "SELECT \(passed.joined(separator: ", ")) FROM \(whole)" }
        var members: [(column: String, path: [String])] = []
        var ways: [String: [String]] = [:]
        for column in columns where ways[column] == nil {
            var paths = [[column]]
            if asPaths, column.contains(".") { paths.append(column.split(separator: ".").map(String.init)) }
            for path in paths {
                ways[column, default: []].append("member_\(members.count)")
                members.append(("member_\(members.count)", path))
            }
        }
        let taken = dialect.selectingMembers(members, of: Self.line, passing: passed, from: whole)
        return select(passed, columns, from: "(\(taken)) AS members") { column in
            ways[column].map { $0.count == 1 ? $0[0] : "coalesce(\($0.joined(separator: ", ")))" }
        }
    }

    private func selectingGroups(_ columns: [String], of pattern: LinePattern) -> String {
        let matching =
            "(SELECT * FROM \(input.name) WHERE \(dialect.matches(Self.line, pattern.expression))) AS matching"
        let passed = ["millrace_file", "millrace_row", Self.line]
        let groups = dialect.selectingGroups(
            pattern.groups,
            pattern: pattern.expression,
            of: Self.line,
            passing: passed,
            from: matching
        )
        return select(passed, columns, from: "(\(groups)) AS taken_apart") { column in
            // A dash is what a log writes for nothing.
            Self.index(of: column, in: pattern.groups).map { "nullif(\(sqlIdentifier(pattern.groups[$0])), '-')" }
        }
    }

    private func select(
        _ passed: [String],
        _ columns: [String],
        from relation: String,
        _ expression: (String) -> String?
    ) -> String {
        let fields = columns.enumerated().map { "\(expression($1) ?? "CAST(NULL AS VARCHAR)") AS field_\($0)" }
        return "SELECT \((passed + fields).joined(separator: ", ")) FROM \(relation)"
    }

    /// Where a name stands among others, in just these letters or else in any case.
    private static func index(of name: String, in names: [String]) -> Int? {
        names.firstIndex(of: name) ?? names.firstIndex { $0.lowercased() == name.lowercased() }
    }

    /// A query over the records that cannot be taken apart: file, row, reason, encoding, raw; nil where all can.
    var selectingBroken: String? {
        let (isWhole, reason) =
            switch kind {
            case .json: (dialect.isJSONObject(Self.line), "it is not a JSON object")
            case .lines(let pattern): (dialect.matches(Self.line, pattern.expression), "it does not match the pattern")
            case .fields, .parquet: ("", "")
            }
        guard !isWhole.isEmpty else { return nil }
        return "SELECT millrace_file, millrace_row, \(sqlLiteral(reason)) AS reason, 'text' AS encoding, line AS raw "
            + "FROM \(input.name) WHERE NOT \(isWhole)"
    }

    /// The record as text, for dead letters: the line itself, or the columns of a ``selecting(_:asPaths:keeping:)`` as a JSON
    /// object.
    func raw(_ columns: [String]) -> (expression: String, encoding: String) {
        switch kind {
        case .json, .lines: (Self.line, "text")
        case .fields, .parquet: (dialect.jsonObject(of: columns.enumerated().map { ($1, "field_\($0)") }), "json")
        }
    }
}
