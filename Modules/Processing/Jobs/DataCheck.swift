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
        let known = Set(table.schema.names.map { $0.lowercased() })
        let missing = checks.flatMap(\.columns).filter { !known.contains($0.lowercased()) }
        guard missing.isEmpty else {
            throw PipelineError(
                .checkFailed,
                "a check names '\(missing[0])', which \(table.name) does not have",
                while: "checking job '\(job)'",
                hint: "it has: \(table.schema.names.joined(separator: ", "))"
            )
        }
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
                hint: "the new result was not published; \(table.name) is as it was"
            )
        }
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
        switch self {
        case .rowCount(let minimum, let maximum):
            if let minimum, count < minimum { return "there are \(count) rows, fewer than \(minimum)" }
            if let maximum, count > maximum { return "there are \(count) rows, more than \(maximum)" }
            return nil
        case _ where count == 0: return nil
        case .notNull(let columns): return "\(count) rows have no \(columns.joined(separator: " or "))"
        case .unique(let columns):
            return "\(count) values of \(columns.joined(separator: ", ")) stand in more than one row"
        case .accepted(let column, _): return "\(count) rows have another \(column) than accepted"
        case .range(let column, _, _): return "\(count) rows have a \(column) out of range"
        }
    }
}

extension ConfigurationType where Value == DataCheck {
    /// `{ not_null: [day] }`, `{ unique: [day] }`, `{ row_count: { min: 1 } }`, `{ accepted_values: { column: c, values: [a, b] } }`,
    /// `{ range: { column: c, min: 0, max: 1 } }`.
    static var check: ConfigurationType {
        let columns = ConfigurationType<[String]>.list(.text(example: "day"))
        let count = ConfigurationType<Int>.integer(in: 0...Int.max, example: 1)
        let rows = ConfigurationType<DataCheck>.object(example: "{ min: 1 }") { block in
            let minimum = block.optional("min", count, "At least so many rows.")
            let maximum = block.optional("max", count, "At most so many rows.")
            if minimum == nil, maximum == nil, !block.isDescribing { block.reject(key: nil, "it needs 'min' or 'max'") }
            return .rowCount(minimum: minimum, maximum: maximum)
        }
        let accepted = ConfigurationType<DataCheck>.object(example: "{ column: status, values: [open, closed] }") {
            block in
            .accepted(
                column: block.require("column", .text(example: "status"), "The column."),
                values: block.require("values", .list(.text(example: "open")), "All values that it may have.")
            )
        }
        let range = ConfigurationType<DataCheck>.object(example: "{ column: rate, min: 0, max: 1 }") { block in
            let column = block.require("column", .text(example: "rate"), "The column.")
            let minimum = block.optional("min", .number, "Its lowest value.")
            let maximum = block.optional("max", .number, "Its highest value.")
            if minimum == nil, maximum == nil, !block.isDescribing { block.reject(key: nil, "it needs 'min' or 'max'") }
            return .range(column: column, minimum: minimum, maximum: maximum)
        }
        return .object(example: "{ not_null: [day] }") { block in
            let found = [
                block.optional("not_null", columns, "Columns that are never NULL.").map { DataCheck.notNull($0) },
                block.optional("unique", columns, "Columns that together never repeat.").map { DataCheck.unique($0) },
                block.optional("row_count", rows, "How many rows there must be."),
                block.optional("accepted_values", accepted, "The only values of a column."),
                block.optional("range", range, "The bounds of a column."),
            ].compactMap { $0 }
            if found.count != 1, !block.isDescribing, !block.has("not_null") || found.count > 1 {
                block.reject(key: nil, "a check is exactly one of: not_null, unique, row_count, accepted_values, range")
            }
            return found.first ?? .rowCount(minimum: 0, maximum: nil)
        }
    }
}
