internal import PipelineCore

extension IngestionJob {
    /// Counts the rows of Parquet objects; one that the engine cannot read to its end is turned away as a whole, so that it
    /// does not fail the landing that it is part of, now and in every later run.
    func inspectParquet(_ spool: inout Spool) async throws {
        var rest = spool.parquet.map { ParquetObject(index: $0.index, path: $0.path) }[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(100))
            rest = rest.dropFirst(some.count)
            do {
                try await inspect(some, in: &spool)
            } catch let error as PipelineError where Self.tellsOfTheFile.contains(error.code) {
                for object in some { try await inspectAlone(object, in: &spool) }
            }
        }
    }

    private struct ParquetObject {
        let index: Int
        let path: String
    }

    /// What an engine says that cannot read a file; everything else is no fault of the file's.
    private static let tellsOfTheFile: Set<PipelineError.Code> = [
        .corruptData, .invalidQuery, .schemaMismatch, .internalError,
    ]

    private func inspectAlone(_ object: ParquetObject, in spool: inout Spool) async throws {
        do {
            try await inspect([object], in: &spool)
        } catch let error as PipelineError where Self.tellsOfTheFile.contains(error.code) {
            try await spool.rejectParquet(object.index, reason: "it cannot be read as Parquet: \(error.message)")
        }
    }

    /// Reads all values of objects, together because most of the time goes into starting an engine.
    private func inspect(_ objects: [ParquetObject], in spool: inout Spool) async throws {
        let described = try await engine.describe(parquet: objects.map(\.path))
        let relations = zip(objects, described).enumerated().map { position, object in
            RecordRelation(
                parquet: object.0.path,
                index: position,
                fileIndex: object.0.index,
                schema: object.1.schema,
                dialect: engine.records
            )
        }
        let steps = relations.map { EngineJob.Step.measure(label: $0.input.name.rawValue, Self.reading($0)) }
        let job = EngineJob(
            name: "the inspection of Parquet files of '\(name)'",
            inputs: relations.map(\.input),
            steps: steps
        )
        let answers = try await engine.run(job) { _ in }.measured
        for (relation, described) in zip(relations, described) {
            let read = answers[relation.input.name.rawValue]?.first?["n"] ?? nil
            guard read.flatMap({ Int64($0) }) == described.rowCount else {
                throw PipelineError(
                    .corruptData,
                    "it holds other rows than its footer says",
                    while: "reading a Parquet file of '\(name)'"
                )
            }
        }
        for (object, described) in zip(objects, described) {
            spool.describeParquet(object.index, schema: described.schema, rows: described.rowCount)
        }
    }

    /// A query for the number of rows: the footer tells it, but comparing values reads every one of them.
    private static func reading(_ relation: RecordRelation) -> SQLText {
        let names = (relation.columnNames ?? []).map(sqlIdentifier)
        let values = names.map { "count(CASE WHEN \($0) = \($0) THEN 1 END)" } + ["count(*)"]
        return SQLText("SELECT greatest(\(values.joined(separator: ", "))) AS n FROM \(relation.input.name)")
    }
}
