public import PipelineCore

/// A user's query that becomes a table, published only if its checks hold.
public struct SQLJob: ProcessingJob {
    /// The table that the result becomes.
    public let into: DatasetName
    /// One SELECT over tables of the lake.
    public let query: SQLText
    /// What must hold of the result.
    public let checks: [DataCheck]
    private var meaning = ResultMeaning()
    private var later: Set<DatasetName> = []

    /// A job by its parts, which says nothing of what its columns mean.
    public init(into: DatasetName, query: SQLText, checks: [DataCheck]) {
        self.into = into
        self.query = query
        self.checks = checks
    }

    /// Reads `query`, `into`, `description`, `columns` and `checks`; a `query` that ends in `.sql` names a file, read with `readFile`, which returns
    /// nil where there is none.
    public init(_ block: ConfigurationBlock, readFile: @Sendable (String) -> String?) {
        let text = block.require(
            "query",
            .text(example: "sql/revenue.sql"),
            "A file with one SELECT, or the SELECT itself; tables by name."
        )
        let name = ConfigurationType<String>.text(example: "daily_revenue").mapped(
            placeholder: DatasetName(rawValue: ""),
            expected: "a table name (lower-case letters, digits, _)"
        ) { DatasetName(rawValue: $0).isValid ? DatasetName(rawValue: $0) : nil }
        into = block.require("into", name, "The table that the result becomes.")
        meaning = ResultMeaning(block)
        checks = block.value("checks", .list(.check), default: [], "What must hold before the result is published.")
        let isFile = text.hasSuffix(".sql") && !text.contains("\n")
        guard isFile, !block.isDescribing else {
            query = Self.inline(text, in: block)
            return
        }
        let content = readFile(text)
        query = SQLText(content ?? "", origin: text)
        if content == nil {
            let problem = "the file '\(text)' cannot be read"
            block.reject(key: "query", problem, hint: "paths are relative to the config file")
        } else if query.text.allSatisfy(\.isWhitespace) {
            block.reject(key: "query", "the file '\(text)' is empty", hint: "write one SELECT into it")
        }
    }

    /// A query that stands in the config file itself, and at which of its lines.
    private static func inline(_ text: String, in block: ConfigurationBlock) -> SQLText {
        guard let mark = block.mark(of: "query") else { return SQLText(text) }
        // Only a block scalar keeps line ends, and its text begins below its `|`.
        let line = text.contains("\n") ? mark.line + 1 : mark.line
        return SQLText(text, origin: block.file ?? block.path(of: "query"), firstLine: line)
    }

    /// The text of the query, what is checked of its result, and what is said of it.
    public var definition: String {
        // Without checks and texts it is the query alone.
        var parts = [query.text]
        if !checks.isEmpty { parts.append("\(checks)") }
        if !meaning.text.isEmpty { parts.append(meaning.text) }
        return parts.joined(separator: "\n")
    }
    /// The one table that it fills.
    public var outputs: [DatasetName] { [into] }

    /// The tables whose names stand in the query, outside of strings and comments.
    public func inputs(among tables: [DatasetName]) -> [DatasetName] {
        let words = QueryWords(query.text)
        return tables.filter { $0 != into && !later.contains($0) && words.contains($0.rawValue) }
    }

    /// The job without the tables that are made after it: a column that has the name of one does not make it an input,
    /// or two jobs could make each other's results stale for ever.
    public func leavingOut(_ later: Set<DatasetName>) -> SQLJob {
        var job = self
        job.later = later
        return job
    }

    /// The names that stand in the query where tables do, and are none of its own; needs no list of tables.
    public var tables: [DatasetName] {
        QueryWords(query.text).tables.map(DatasetName.init(rawValue:)).filter { $0 != into }.sorted()
    }

    /// Writes the result into a staging directory, checks it there, and publishes it whole.
    public func run(in context: JobContext) async throws -> JobReport {
        let freshness = try await Freshness.current(of: self, in: context.tables)
        var inputs: [EngineTable] = []
        for table in self.inputs(among: try await context.tables.tables()) {
            guard let snapshot = try await context.tables.snapshot(of: table, at: nil) else { continue }
            inputs.append(
                EngineTable(table, schema: snapshot.definition.schema, storage: .parquet(snapshot.files.map(\.path)))
            )
        }
        let existing = try await context.tables.snapshot(of: into, at: nil)
        let directory = try await context.tables.stage(into, for: context.run)
        let step = EngineJob.Step.write(label: into.rawValue, query, into: directory, schema: nil)
        let result = try await context.engine.run(
            EngineJob(name: "job '\(context.name)'", inputs: inputs, steps: [step])
        ) { _ in
            context.progress.advance(context.name, done: 1, total: 1, unit: .steps)
        }
        guard let written = result.written[into.rawValue] else {
            throw PipelineError(.internalError, "the engine wrote nothing", while: "running job '\(context.name)'")
        }
        let schema = try described(written.schema, job: context.name)
        let table = EngineTable(into, schema: schema, storage: .parquet(written.files.map(\.path)))
        try await DataCheck.verify(checks, of: table, with: context.engine, job: context.name)
        let definition = DatasetDefinition(
            name: into,
            summary: meaning.summary ?? "The result of the job '\(context.name)'.",
            schema: schema,
            key: uniqueKey(in: schema)
        )
        _ = try await context.tables.commit(
            TableChange(
                definition: definition,
                mode: .replace,
                files: written.files,
                cursors: freshness.cursors(forVersion: (existing?.version ?? -1) + 1),
                readVersion: existing?.version,
                run: context.run
            )
        )
        var report = JobReport()
        report.rows = [JobReport.KeyedCount(table: into, rows: written.rowCount)]
        return report
    }

    /// The result's columns with what is said of them; throws where something is said of another.
    func described(_ schema: Schema, job: String) throws -> Schema {
        try DataCheck.requireColumns(of: checks, in: schema, of: into, job: job)
        return try meaning.described(schema, job: job)
    }

    /// The first unique check's columns: what is checked to be unique identifies a row.
    private func uniqueKey(in schema: Schema) -> [String] {
        for case .unique(let columns) in checks where columns.allSatisfy({ schema[$0] != nil }) { return columns }
        return []
    }
}
