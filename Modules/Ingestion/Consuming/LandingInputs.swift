internal import PipelineCore

/// Everything of one landing that the engine reads.
struct LandingInputs {
    let relations: [RecordRelation]
    let tables: [EngineTable]

    /// Writes the small table that tells which file a record came from.
    init(spool: Spool, job: IngestionJob) async throws {
        let dialect = job.engine.records
        var relations: [RecordRelation] = []
        let groups = spool.groups.values.filter { $0.rows > 0 }.sorted { $0.file.path < $1.file.path }
        for group in groups {
            relations.append(RecordRelation(group, index: relations.count, pattern: job.options.pattern, dialect: dialect))
        }
        for (fileIndex, path) in spool.parquet {
            let schema = try await job.engine.describe(parquet: path).schema
            relations.append(
                RecordRelation(parquet: path, index: relations.count, fileIndex: fileIndex, schema: schema, dialect: dialect)
            )
        }
        self.relations = relations
        tables = relations.map(\.input) + [spool.rejectsTable, try await Self.files(of: spool)]
    }

    /// The columns of each relation; for JSON the members that its records have.
    func columns(engine: any QueryEngine) async throws -> [[String]] {
        var columns: [[String]] = []
        for (index, relation) in relations.enumerated() {
            if let names = relation.columnNames {
                columns.append(names)
                continue
            }
            let valid = "(SELECT * FROM \(relation.input.name) WHERE \(engine.records.isJSONObject(RecordRelation.line))) AS valid"
            let query = engine.records.selectingMemberNames(of: RecordRelation.line, from: valid)
            let step = EngineJob.Step.measure(label: "names", SQLText("SELECT name FROM (\(query)) AS names ORDER BY name"))
            let result = try await engine.run(EngineJob(name: "finding columns", inputs: [tables[index]], steps: [step])) { _ in }
            columns.append((result.measured["names"] ?? []).compactMap { $0["name"] ?? nil })
        }
        return columns
    }

    private static func files(of spool: Spool) async throws -> EngineTable {
        let file = try await spool.workspace.file("\(spool.prefix)-files.csv")
        var bytes: [UInt8] = []
        for (index, entry) in spool.files.enumerated() {
            bytes += "\(index),".utf8
            appendQuoted(Array(entry.path.utf8), to: &bytes)
            bytes += ",\(entry.fileID),\(Timestamp(microseconds: entry.arrival))\n".utf8
        }
        try await file.append(bytes)
        try await file.finish()
        let schema = Schema([
            Field("file", .bigint), Field("path", .varchar), Field("file_id", .varchar), Field("received_at", .timestamptz),
        ])
        let storage = EngineTable.Storage.text(
            bytes.isEmpty ? [] : [file.path], delimiter: ",", quote: "\"", longest: 8192, hasLineEnds: false
        )
        return EngineTable("landed_files", schema: schema, storage: storage)
    }
}
