internal import PipelineCore

/// Something that must hold of a table before it is published.
public enum DataCheck: Sendable, Hashable {
    /// None of the columns is ever NULL.
    case notNull([String])
    /// No two rows agree in all of the columns.
    case unique([String])
    /// There are at least and at most so many rows.
    case rowCount(minimum: Int?, maximum: Int?)
    /// A column holds nothing but these texts, or NULL.
    case accepted(column: String, values: [String])
    /// A column's values lie between these bounds, or are NULL.
    case range(column: String, minimum: Double?, maximum: Double?)

    /// Checks a table all at once; throws `checkFailed` naming every check that does not hold, with the number of rows.
    static func verify(_ checks: [DataCheck], of table: EngineTable, with engine: any QueryEngine, job: String)
        async throws
    {
        guard !checks.isEmpty else { return }
        try requireColumns(of: checks, in: table.schema, of: table.name, job: job)
        let steps = checks.enumerated().map {
            EngineJob.Step.measure(
                label: "\($0)",
                SQLText($1.countingViolations(in: sqlIdentifier(table.name.rawValue)))
            )
        }
        let result = try await engine.run(EngineJob(name: "the checks of '\(job)'", inputs: [table], steps: steps)) {
            _ in
        }
        let failures = checks.enumerated().compactMap { index, check -> String? in
            let count = (result.measured["\(index)"]?.first?["n"] ?? nil).flatMap { Int64($0) } ?? 0
            return check.failure(count)
        }
        guard failures.isEmpty else {
            throw PipelineError(
                .checkFailed,
                failures.joined(separator: "; "),
                while: "checking job '\(job)'",
                hint: "the new result was not published"
            )
        }
    }

    /// Throws `checkFailed` where a check names a column that the table does not have.
    static func requireColumns(of checks: [DataCheck], in schema: Schema, of table: DatasetName, job: String) throws {
        let known = Set(schema.names.map { $0.lowercased() })
        guard let missing = checks.flatMap(\.columns).first(where: { !known.contains($0.lowercased()) }) else { return }
        throw PipelineError(
            .checkFailed,
            "a check names '\(missing)', which \(table) does not have",
            while: "checking job '\(job)'",
            hint: "it has: \(schema.names.joined(separator: ", "))"
        )
    }

    private var columns: [String] {
        switch self {
        case .notNull(let columns), .unique(let columns): columns
        case .accepted(let column, _), .range(let column, _, _): [column]
        case .rowCount: []
        }
    }

    /// A query with one number, `n`: rows that break the check, or for `rowCount` all rows.
    private func countingViolations(in table: String) -> String {
        switch self {
        case .notNull(let columns):
            return "SELECT count(*) AS n FROM \(table) WHERE "
                + columns.map { "\(sqlIdentifier($0)) IS NULL" }.joined(separator: " OR ")
        case .unique(let columns):
            let list = columns.map(sqlIdentifier).joined(separator: ", ")
            return
                "SELECT count(*) AS n FROM (SELECT \(list) FROM \(table) GROUP BY \(list) HAVING count(*) > 1) AS repeated"
        case .rowCount: return "SELECT count(*) AS n FROM \(table)"
        case .accepted(let column, let values):
            let list = values.map(sqlLiteral).joined(separator: ", ")
            return "SELECT count(*) AS n FROM \(table) WHERE CAST(\(sqlIdentifier(column)) AS VARCHAR) NOT IN (\(list))"
        case .range(let column, let minimum, let maximum):
            let bounds = [
                minimum.map { "\(sqlIdentifier(column)) < \($0)" }, maximum.map { "\(sqlIdentifier(column)) > \($0)" },
            ]
            return "SELECT count(*) AS n FROM \(table) WHERE " + bounds.compactMap { $0 }.joined(separator: " OR ")
        }
    }

    private func failure(_ count: Int64) -> String? {
        let rows = count == 1 ? "1 row has" : "\(count) rows have"
        switch self {
        case .rowCount(let minimum, let maximum):
            let all = count == 1 ? "there is 1 row" : "there are \(count) rows"
            if let minimum, count < minimum { return "\(all), fewer than \(minimum)" }
            if let maximum, count > maximum { return "\(all), more than \(maximum)" }
            return nil
        case _ where count == 0: return nil
        case .notNull(let columns): return "\(rows) no \(columns.joined(separator: " or "))"
        case .unique(let columns):
            let values = count == 1 ? "1 value of" : "\(count) values of"
            return
                "\(values) \(columns.joined(separator: ", ")) \(count == 1 ? "stands" : "stand") in more than one row"
        case .accepted(let column, _): return "\(rows) a value of \(column) that is not accepted"
        case .range(let column, _, _): return "\(rows) a value of \(column) out of range"
        }
    }
}

extension ConfigurationType where Value == DataCheck {
    /// `{ not_null: [day] }`, `{ unique: [day] }`, `{ row_count: { min: 1 } }`, `{ accepted_values: { column: c, values: [a, b] } }`,
    /// `{ range: { column: c, min: 0, max: 1 } }`.
    static var check: ConfigurationType {
        let columns = filled(.text(example: "day"))
        let count = ConfigurationType<Int>.integer(in: 0...Int.max, example: 1)
        let rows = ConfigurationType<DataCheck>.object(example: "{ min: 1 }") { block in
            let minimum = block.optional("min", count, "At least so many rows.")
            let maximum = block.optional("max", count, "At most so many rows.")
            checkBounds(minimum, maximum, of: block)
            return .rowCount(minimum: minimum, maximum: maximum)
        }
        let accepted = ConfigurationType<DataCheck>.object(example: "{ column: status, values: [open, closed] }") {
            block in
            .accepted(
                column: block.require("column", .text(example: "status"), "The column."),
                values: block.require("values", filled(.text(example: "open")), "All values that it may have.")
            )
        }
        let range = ConfigurationType<DataCheck>.object(example: "{ column: rate, min: 0, max: 1 }") { block in
            let column = block.require("column", .text(example: "rate"), "The column.")
            let minimum = block.optional("min", .number, "Its lowest value.")
            let maximum = block.optional("max", .number, "Its highest value.")
            checkBounds(minimum, maximum, of: block)
            return .range(column: column, minimum: minimum, maximum: maximum)
        }
        return .object(example: "{ not_null: [day] }") { block in
            let kinds = ["not_null", "unique", "row_count", "accepted_values", "range"]
            let given = kinds.count(where: block.has)
            let found = [
                block.optional("not_null", columns, "Columns that are never NULL.").map { DataCheck.notNull($0) },
                block.optional("unique", columns, "Columns that together never repeat.").map { DataCheck.unique($0) },
                block.optional("row_count", rows, "How many rows there must be."),
                block.optional("accepted_values", accepted, "The only values of a column."),
                block.optional("range", range, "The bounds of a column."),
            ].compactMap { $0 }
            if given > 1 || (given == 0 && block.hasOnly(kinds)), !block.isDescribing {
                block.reject(key: nil, "a check is exactly one of: \(kinds.joined(separator: ", "))")
            }
            return found.first ?? .rowCount(minimum: 0, maximum: nil)
        }
    }

    private static func filled(_ element: ConfigurationType<String>) -> ConfigurationType<[String]> {
        .list(element).mapped(placeholder: [], expected: "a list of one or more") { $0.isEmpty ? nil : $0 }
    }

    private static func checkBounds<Bound: Comparable>(
        _ minimum: Bound?,
        _ maximum: Bound?,
        of block: ConfigurationBlock
    ) {
        guard !block.isDescribing else { return }
        if !block.has("min"), !block.has("max"), block.hasOnly(["column"]) {
            block.reject(key: nil, "it needs 'min' or 'max'")
        }
        if let minimum, let maximum, minimum > maximum { block.reject(key: "min", "it is above 'max'") }
    }
}
