internal import PipelineCore

extension IngestionJob {
    /// Counts the rows of Parquet objects; one that the engine cannot read to its end is turned away as a whole, so that it
    /// does not fail the landing that it is part of, now and in every later run.
    func inspectParquet(_ spool: inout Spool) async throws {
        for (index, path) in spool.parquet {
            do {
                spool.setRows(try await rows(inParquet: path, index: index), ofFile: index)
            } catch let error as PipelineError where error.code != .outOfResources && error.code != .notFound {
                try await spool.rejectParquet(index, reason: "it cannot be read as Parquet: \(error.message)")
            }
        }
    }

    private func rows(inParquet path: String, index: Int) async throws -> Int64 {
        let (schema, count) = try await engine.describe(parquet: path)
        let relation = RecordRelation(
            parquet: path,
            index: 0,
            fileIndex: index,
            schema: schema,
            dialect: engine.records
        )
        // The footer tells the number of rows; counting values reads every page.
        let values = schema.fields.map { "count(\(sqlIdentifier($0.name)))" } + ["count(*)"]
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
        return count
    }
}
