internal import PipelineCore

/// The rows of a table that a landing takes the place of, if there are any.
struct Replacement {
    /// The version of the table that was looked at; nil if there is none.
    let version: Int64?
    /// The table as `existing`; nil where no row goes, so that none has to be written again.
    let table: EngineTable?
    /// Whether the table has no rows.
    let isOfEmpty: Bool
    /// How many rows go, and how many stay beside the new ones where some go.
    let rows: Int64
    let kept: Int64
    private let condition: String

    /// Looks which rows go, and how many.
    ///
    /// `inputs` are the landing's records, whose positions say which rows go where they are replayed. Of a `source` only
    /// its rows go; the table must have a column `source`.
    init(
        _ landing: Landing,
        in snapshot: TableSnapshot?,
        ofSource source: String? = nil,
        over inputs: LandingInputs,
        engine: any QueryEngine
    ) async throws {
        version = snapshot?.version
        isOfEmpty = snapshot?.rowCount == 0
        let superseded = landing.files.flatMap(\.supersedes)
        let rowsOfFiles = superseded.map { "(_file_id = \(sqlLiteral($0.fileID)) AND _row >= \($0.fromRow))" }
        let replayed = landing.isReplay ? inputs.positioned : nil
        let rowsReplayed = replayed.map { "(_file_id, _row) IN (SELECT file_id, row FROM (\($0)) AS replayed)" }
        let all = rowsOfFiles + (rowsReplayed.map { [$0] } ?? [])
        condition = (source.map { "source = \(sqlLiteral($0)) AND " } ?? "") + "(\(all.joined(separator: " OR ")))"
        guard let snapshot, !all.isEmpty, !snapshot.files.isEmpty else {
            (table, rows, kept) = (nil, 0, 0)
            return
        }
        let existing = EngineTable(
            "existing",
            schema: snapshot.definition.schema,
            storage: .parquet(snapshot.files.map(\.path))
        )
        let step = EngineJob.Step.measure(
            label: "count",
            SQLText("SELECT count(*) AS n FROM existing WHERE \(condition)")
        )
        let job = EngineJob(
            name: "the search for replaced rows in '\(snapshot.definition.name)'",
            inputs: [existing] + (landing.isReplay ? inputs.tables : []),
            steps: [step]
        )
        let answer = try await engine.run(job) { _ in }.measured["count"]?.first
        guard let count = (answer?["n"] ?? nil).flatMap({ Int64($0) }) else {
            throw PipelineError(
                .internalError,
                "the engine did not count them",
                while: "finding the rows of '\(snapshot.definition.name)' that are replaced",
                hint: "nothing was published; please report this"
            )
        }
        rows = count
        table = count > 0 ? existing : nil
        kept = count > 0 ? snapshot.rowCount - count : 0
    }

    /// A query over the rows that stay, with the columns of a schema.
    func keeping(_ schema: Schema) -> String {
        let columns = schema.fields.map { field in
            let name = sqlIdentifier(field.name)
            return table?.schema[field.name] == nil ? "CAST(NULL AS \(field.type)) AS \(name)" : name
        }
        return "SELECT \(columns.joined(separator: ", ")) FROM existing WHERE NOT (\(condition))"
    }
}

extension Landing {
    /// Whether it is a replay, which is always alone.
    fileprivate var isReplay: Bool { files.contains { $0.isReplay == true } }
}
