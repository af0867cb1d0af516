public import PipelineCore

/// What a source would give: its files, the columns that its records have, and how its first rows would look.
public struct SourcePreview: Sendable {
    public let files: Int
    /// The files that were read for the preview.
    public let sampled: [String]
    /// Records read, and how many of them would be rejected.
    public let rows: Int64
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
        let files = try await source.list()
        var spool = Spool("preview", in: workspace)
        var taken: Int64 = 0
        let taker = FileTaker(job: self, clock: clock)
        for file in files {
            guard taken == 0 || taken + file.size <= limit else { break }
            taken += file.size
            try await taker.look(at: file, into: &spool)
        }
        try await inspectParquet(&spool)
        try await spool.finish()
        let existing = try await tables.snapshot(of: options.table, at: nil)
        let inputs = try await LandingInputs(spool: spool, job: self)
        let queries = try await queries(over: inputs, existing: existing)
        let accepted = queries.accepted.isEmpty ? nil : queries.accepted.joined(separator: "\nUNION ALL\n")
        let shown = queries.definition.schema.names.filter { !$0.hasPrefix("_") }.map(sqlIdentifier).joined(separator: ", ")
        let broken = (["SELECT reason FROM rejected_records"] + queries.rejected.map { "SELECT reason FROM (\($0)) AS broken" }).joined(separator: " UNION ALL ")
        var steps: [EngineJob.Step] = [
            .measure(label: "reasons", SQLText("SELECT reason, count(*) AS n FROM (\(broken)) AS broken GROUP BY reason ORDER BY count(*) DESC"))
        ]
        if let accepted, !shown.isEmpty {
            steps.append(.measure(label: "rows", SQLText("SELECT \(shown) FROM (\(accepted)) AS accepted ORDER BY _file, _row LIMIT \(rows)")))
        }
        let result = try await engine.run(EngineJob(name: "a preview of '\(name)'", inputs: inputs.tables, steps: steps)) { _ in }
        let reasons = (result.measured["reasons"] ?? []).map { row in
            (reason: (row["reason"] ?? nil) ?? "", count: (row["n"] ?? nil).flatMap { Int64($0) } ?? 0)
        }
        try await spool.remove()
        return SourcePreview(
            files: files.count, sampled: spool.files.map(\.path), rows: spool.rows, rejected: reasons.reduce(0) { $0 + $1.count },
            schema: Schema(queries.definition.schema.fields.filter { !$0.name.hasPrefix("_") }), sample: result.measured["rows"] ?? [],
            reasons: reasons
        )
    }
}
