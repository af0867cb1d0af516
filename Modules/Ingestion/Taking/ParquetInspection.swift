internal import PipelineCore

extension IngestionJob {
    /// Counts the rows of Parquet objects; one that the engine cannot read to its end is turned away as a whole, so that it
    /// does not fail the landing that it is part of, now and in every later run.
    func inspectParquet(_ spool: inout Spool) async throws {
        for (index, path, _) in spool.parquet {
            do {
                let (schema, count) = try await engine.describe(parquet: path)
                try await readToItsEnd(parquet: path, index: index, schema: schema, expecting: count)
                spool.describeParquet(index, schema: schema, rows: count)
            } catch let error as PipelineError where Self.tellsOfTheFile.contains(error.code) {
                try await spool.rejectParquet(index, reason: "it cannot be read as Parquet: \(error.message)")
            }
        }
    }

    /// What an engine says that cannot read a file; everything else is no fault of the file's.
    private static let tellsOfTheFile: Set<PipelineError.Code> = [
        .corruptData, .invalidQuery, .schemaMismatch, .internalError,
    ]

    private func readToItsEnd(parquet path: String, index: Int, schema: Schema, expecting count: Int64) async throws {
        let relation = RecordRelation(
            parquet: path,
            index: 0,
            fileIndex: index,
            schema: schema,
            dialect: engine.records
        )
        // The footer tells the number of rows; comparing values reads every one of them.
        let names = (relation.columnNames ?? []).map(sqlIdentifier)
        let values = names.map { "count(CASE WHEN \($0) = \($0) THEN 1 END)" } + ["count(*)"]
        let sql = SQLText("SELECT greatest(\(values.joined(separator: ", "))) AS n FROM \(relation.input.name)")
        let step = EngineJob.Step.measure(label: "rows", sql)
        let job = EngineJob(name: "reading a Parquet file", inputs: [relation.input], steps: [step])
        let answer = try await engine.run(job) { _ in }.measured["rows"]?.first
        guard let read = answer?["n"] ?? nil, Int64(read) == count else {
            throw PipelineError(
                .corruptData,
                "it holds other rows than its footer says",
                while: "reading a Parquet file"
            )
        }
    }
}
