public import PipelineCore

/// What a source would give: its files, the columns that its records have, and how its first rows would look.
public struct SourcePreview: Sendable {
    /// How many files the source has.
    public let files: Int
    /// The files that were read for the preview.
    public let sampled: [String]
    /// Records read.
    public let rows: Int64
    /// How many of them would be rejected.
    public let rejected: Int64
    /// The columns that the rows would have in the table.
    public let schema: Schema
    /// The first rows, as text, NULL as nil.
    public let sample: [[String: String?]]
    /// Reasons for rejection with their counts.
    public let reasons: [(reason: String, count: Int64)]
}

extension IngestionJob {
    /// Reads the first files, at most about `limit` stored bytes of them, and changes nothing.
    public func preview(rows: Int, limit: Int64 = 64 << 20) async throws -> SourcePreview {
        var spool = Spool("preview", in: workspace)
        do {
            let files = try await source.list()
            var taken: Int64 = 0
            for file in files {
                guard taken == 0 || taken + file.size <= limit else { break }
                taken += file.size
                try await FileTaker(job: self).look(at: file, into: &spool)
            }
            let preview = try await preview(&spool, files: files.count, rows: rows)
            try await spool.remove()
            return preview
        } catch {
            try? await spool.remove()  // The error that led here says more.
            throw error
        }
    }

    private func preview(_ spool: inout Spool, files: Int, rows: Int) async throws -> SourcePreview {
        try await inspectParquet(&spool)
        try await spool.finish()
        let existing = try await tables.snapshot(of: options.table, at: nil)
        let inputs = try await LandingInputs(&spool, job: self)
        let queries = try await queries(over: inputs, existing: existing)
        let fields = queries.definition.schema.fields.filter { !$0.name.hasPrefix("_") }
        let job = EngineJob(
            name: "a preview of '\(name)'",
            inputs: inputs.tables,
            steps: Self.steps(queries, showing: fields, rows: rows)
        )
        let result = try await engine.run(job) { _ in }
        let reasons = (result.measured["reasons"] ?? []).map { row in
            (reason: (row["reason"] ?? nil) ?? "", count: (row["n"] ?? nil).flatMap { Int64($0) } ?? 0)
        }
        return SourcePreview(
            files: files,
            sampled: spool.files.map(\.path),
            rows: spool.rows,
            rejected: reasons.reduce(0) { $0 + $1.count },
            schema: Schema(fields),
            sample: result.measured["rows"] ?? [],
            reasons: reasons
        )
    }

    private static func steps(_ queries: Queries, showing fields: [Field], rows: Int) -> [EngineJob.Step] {
        let rejected = queries.rejected.map { "SELECT reason FROM (\($0)) AS broken" }
        let broken = (["SELECT reason FROM rejected_records"] + rejected).joined(separator: " UNION ALL ")
        let reasons =
            "SELECT reason, count(*) AS n FROM (\(broken)) AS broken GROUP BY reason ORDER BY count(*) DESC, reason"
        guard !queries.accepted.isEmpty, !fields.isEmpty else { return [.measure(label: "reasons", SQLText(reasons))] }
        let shown = fields.map { sqlIdentifier($0.name) }.joined(separator: ", ")
        let accepted = queries.accepted.joined(separator: "\nUNION ALL\n")
        let first = "SELECT \(shown) FROM (\(accepted)) AS accepted ORDER BY _file, _row LIMIT \(rows)"
        return [.measure(label: "reasons", SQLText(reasons)), .measure(label: "rows", SQLText(first))]
    }
}
