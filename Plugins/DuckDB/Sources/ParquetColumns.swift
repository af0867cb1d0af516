internal import PipelineCore

/// The columns of one Parquet file that nobody here wrote, as DuckDB reads them.
struct ParquetColumns {
    private let columns: [(name: String, type: DuckDBType)]

    /// The columns with the types of ours that hold their values.
    var schema: Schema { Schema(columns.map { Field($0.name, $0.type.type) }) }

    /// Reads the file's footer.
    ///
    /// A directory `date=2026-11-21` on the way to the file is no column of it.
    init(of path: String, in session: DuckDBSession) async throws {
        let relation = "read_parquet(\(sqlLiteral(path)), hive_partitioning = false)"
        let (before, after) = DuckDBEngine.describing
        let describe = "\(before) SELECT * FROM \(relation)\(after)"
        columns = try AnswerRow.decode(try await session.send(SessionStatement(text: describe))).map { row in
            guard let name = row["name"] ?? nil, let type = row["type"] ?? nil else {
                throw PipelineError(.internalError, "DuckDB did not name its columns", while: "reading \(path)")
            }
            return (name, DuckDBType(parquet: type))
        }
        try await Self.requireReadableDecimals(path, in: session)
    }

    /// Throws where a decimal has more digits than DuckDB knows: it would give other numbers, and say nothing.
    private static func requireReadableDecimals(_ path: String, in session: DuckDBSession) async throws {
        let wide = """
            SELECT name, CAST("precision" AS VARCHAR) AS digits FROM parquet_schema(\(sqlLiteral(path)))
            WHERE "precision" > 38 AND (converted_type = 'DECIMAL' OR logical_type LIKE 'Decimal%') LIMIT 1
            """
        guard let row = try AnswerRow.decode(try await session.send(SessionStatement(text: wide))).first else { return }
        throw PipelineError(
            .corruptData,
            "column '\((row["name"] ?? nil) ?? "?")' is a decimal of \((row["digits"] ?? nil) ?? "?") digits; at most 38 can be read",
            while: "reading \(path)",
            hint: "write it with at most 38 digits, or as text"
        )
    }

    /// How many rows the footer tells of.
    static func rowCount(of path: String, in session: DuckDBSession) async throws -> Int64 {
        let count =
            "SELECT CAST(count(*) AS VARCHAR) AS rows FROM read_parquet(\(sqlLiteral(path)), hive_partitioning = false)"
        let answer = try AnswerRow.decode(try await session.send(SessionStatement(text: count)))
        guard let rows = answer.first?["rows"] ?? nil, let count = Int64(rows) else {
            throw PipelineError(.internalError, "DuckDB did not count its rows", while: "reading \(path)")
        }
        return count
    }

    /// What selects the columns of a table from the file, with their rows' positions under a name.
    func selection(of table: EngineTable, from path: String, position: String) throws -> String {
        let fields = table.schema.fields.filter { $0.name != position }
        guard fields.count == columns.count else {
            throw PipelineError(
                .corruptData,
                "it has \(columns.count) columns, and had \(fields.count) when it was looked at",
                while: "reading \(path)"
            )
        }
        let values = zip(columns, fields).map { column, field in
            "\(column.type.value(sqlIdentifier(column.name), as: field.type)) AS \(sqlIdentifier(field.name))"
        }
        let number = "file_row_number AS \(sqlIdentifier(position))"
        return (values + [number]).joined(separator: ", ")
            + " FROM read_parquet([\(sqlLiteral(path))], file_row_number = true, hive_partitioning = false)"
    }
}
