internal import PipelineCore

/// Everything of one landing that the engine reads.
struct LandingInputs {
    let relations: [RecordRelation]
    let tables: [EngineTable]
    /// The columns that headers name, which a table has before there is a record.
    let headers: [[String]]
    /// Whose they are, for messages.
    private let source: String
    private let files: String

    /// Writes the small table that tells which file a record came from.
    init(_ spool: inout Spool, job: IngestionJob) async throws {
        let dialect = job.engine.records
        var relations: [RecordRelation] = []
        let groups = spool.groups.values.filter { $0.rows > 0 }.sorted { $0.file.path < $1.file.path }
        for group in groups {
            relations.append(
                RecordRelation(group, index: relations.count, pattern: job.options.pattern, dialect: dialect)
            )
        }
        for (fileIndex, path, schema) in spool.parquet {
            relations.append(
                RecordRelation(
                    parquet: path,
                    index: relations.count,
                    fileIndex: fileIndex,
                    schema: schema,
                    dialect: dialect
                )
            )
        }
        self.relations = relations
        headers = spool.headers.sorted { $0.lexicographicallyPrecedes($1) }
        (source, files) = (job.name, spool.described)
        tables = relations.map(\.input) + [spool.rejectsTable, try await spool.filesTable()]
    }

    /// A query over lines with file_id, row, path, received_at; nil where there are no records that stand in one relation.
    var positioned: String? {
        guard relations.count == 1, let records = relations.first?.input.name else { return nil }
        return "SELECT files.file_id, records.millrace_row AS row, files.path, files.received_at, records.line "
            + "FROM \(records) AS records JOIN landed_files AS files ON files.file = records.millrace_file"
    }

    /// The columns of each relation; for JSON the members that its records have.
    func columns(engine: any QueryEngine) async throws -> [[String]] {
        var columns: [[String]] = []
        for (index, relation) in relations.enumerated() {
            if let names = relation.columnNames {
                columns.append(names)
                continue
            }
            let whole =
                "(SELECT * FROM \(relation.input.name) WHERE \(engine.records.isJSONObject(RecordRelation.line))) AS whole"
            let query = engine.records.selectingMemberNames(of: RecordRelation.line, from: whole)
            let step = EngineJob.Step.measure(
                label: "names",
                SQLText("SELECT name FROM (\(query)) AS names ORDER BY name LIMIT \(Self.mostColumns + 1)")
            )
            let result = try await engine.run(
                EngineJob(name: "the search for the columns of '\(source)'", inputs: [tables[index]], steps: [step])
            ) { _ in }
            let names = (result.measured["names"] ?? []).compactMap { $0["name"] ?? nil }
            guard names.count <= Self.mostColumns else {
                throw PipelineError(
                    .schemaMismatch,
                    "the objects in \(files) have more than \(Self.mostColumns) different members",
                    while: "finding the columns of '\(source)'",
                    hint:
                        "names that are data make no columns; map the source to `events:`, where they become properties"
                )
            }
            columns.append(names)
        }
        return columns
    }

    private static let mostColumns = 5000
}
