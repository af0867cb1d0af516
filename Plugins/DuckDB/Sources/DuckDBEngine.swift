public import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Runs jobs in the DuckDB program, a child process each.
///
/// A job sees its inputs and its outputs and nothing else of the machine, has no network, and ends when its task is
/// cancelled, its time is over or our process goes. Results cross as files, as canonical CSV, or as short JSON lines.
public struct DuckDBEngine: QueryEngine {
    /// Renders shipped SQL as DuckDB reads it.
    public var dialect: any SQLDialect { DuckDBDialect() }
    /// Renders SQL over text records as DuckDB reads it.
    public var records: any RecordDialect { DuckDBRecordDialect() }
    private let configuration: DuckDBConfiguration
    private let temporaryDirectory: String

    /// An engine that spills below `temporaryDirectory`; nothing is started yet.
    public init(_ configuration: DuckDBConfiguration, temporaryDirectory: String) {
        self.configuration = configuration
        self.temporaryDirectory = temporaryDirectory
    }

    /// Starts the program once and asks for its version.
    public func probe() async throws {
        _ = try await session("starting DuckDB", inputs: [], outputs: []) { _ in }
    }

    /// Runs the steps in one process, which is killed when the task is cancelled or the time is over.
    public func run(_ job: EngineJob, progress: @escaping @Sendable (Int) -> Void) async throws -> EngineResult {
        try await session("running \(job.name)", inputs: job.inputs, outputs: job.outputs) { session in
            var written: [String: EngineResult.Written] = [:]
            var measured: [String: [[String: String?]]] = [:]
            for (index, step) in job.steps.enumerated() {
                switch step {
                case .execute(let sql):
                    _ = try await session.send(statement("", sql, ""))
                case .measure(let label, let sql):
                    let query = try statement("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (", sql, ")")
                    measured[label] = try AnswerRow.decode(try await session.send(query))
                case .write(let label, let sql, let directory, let schema):
                    written[label] = try await write(sql, into: directory, schema: schema, in: session)
                }
                progress(index + 1)
            }
            return EngineResult(written: written, measured: measured)
        }
    }

    /// Runs a query in a process of its own, whose pipe holds it back as long as `body` does not take rows; lists and
    /// structs come as JSON.
    public func withRows<Result: Sendable>(
        of sql: SQLText,
        over inputs: [EngineTable],
        _ body: @escaping @Sendable (Schema, RowStream) async throws -> Result
    ) async throws -> Result {
        try await session("running a query", inputs: inputs, outputs: []) { session in
            let (schema, casts) = try await describe(sql, in: session)
            let columns = schema.fields.map(\.textColumn).joined(separator: ", ")
            let query = try statement(
                "COPY (SELECT \(columns) FROM (SELECT \(casts) FROM (",
                sql,
                "))) TO '/dev/stdout' (FORMAT csv, HEADER false, NULLSTR '')"
            )
            return try await session.stream(query) { try await body(schema, $0) }
        }
    }

    /// Asks DuckDB to describe the query; nothing of it is run.
    public func schema(of sql: SQLText, over inputs: [EngineTable]) async throws -> Schema {
        try await session("reading a query", inputs: inputs, outputs: []) { try await describe(sql, in: $0).schema }
    }

    /// Reads the footer of the file, not its rows.
    public func describe(parquet path: String) async throws -> (schema: Schema, rowCount: Int64) {
        guard let described = try await describe(parquet: [path]).first else {
            throw PipelineError(.internalError, "DuckDB did not describe it", while: "reading \(path)")
        }
        return described
    }

    /// Reads the footers of the files, not their rows, in one process.
    public func describe(parquet paths: [String]) async throws -> [(schema: Schema, rowCount: Int64)] {
        let operation = "reading \(paths.count == 1 ? paths[0] : "\(paths.count) Parquet files")"
        return try await session(operation, inputs: [], readable: paths, outputs: []) { session in
            var described: [(schema: Schema, rowCount: Int64)] = []
            for path in paths {
                let schema = try await ParquetColumns(of: path, in: session).schema
                described.append((schema, try await ParquetColumns.rowCount(of: path, in: session)))
            }
            return described
        }
    }

    /// Starts a program over the inputs, in a directory of its own that is removed afterwards.
    private func session<Result: Sendable>(
        _ operation: String,
        inputs: [EngineTable],
        readable: [String] = [],
        outputs: [String],
        _ body: @escaping @Sendable (DuckDBSession) async throws -> Result
    ) async throws -> Result {
        let directory = try SessionDirectory(in: temporaryDirectory)
        defer { directory.remove() }
        let script = DuckDBScript(configuration: configuration, temporaryDirectory: directory.path)
        let program = try DuckDBProgram.locate(configuration.program)
        let log = configuration.statementLog.map(StatementLog.init)
        do {
            return try await withTimeout(configuration.timeout, while: operation) {
                try await DuckDBSession.run(program: program, workingDirectory: directory.path, log: log) { session in
                    let opening = SessionStatement(
                        text: script.prelude(reading: inputs.flatMap(\.paths) + readable, writing: outputs),
                        isFirst: true
                    )
                    try check(version: try await session.send(opening), of: program)
                    for input in inputs {
                        let view = try await script.view(of: input, in: session)
                        _ = try await session.send(SessionStatement(text: view))
                    }
                    return try await body(session)
                }
            }
        } catch let failure as DuckDBFailure {
            try Task.checkCancellation()
            throw failure.pipelineError(while: operation, in: program)
        }
    }

    private func check(version answer: [[UInt8]], of program: String) throws {
        let version = try AnswerRow.decode(answer).first?["version"] ?? nil
        guard let version, version.hasPrefix(DuckDBProgram.supportedVersion) else {
            throw PipelineError(
                .invalidConfiguration,
                "\(program) is DuckDB \(version ?? "?"), and we know \(DuckDBProgram.supportedVersion)x",
                while: "starting DuckDB",
                hint: "run Tools/install, or set engine.program to that version"
            )
        }
    }

    /// Wraps a checked text into a statement; `prefix` must not contain a line end, one follows it.
    private func statement(_ prefix: String, _ sql: SQLText, _ suffix: String) throws -> SessionStatement {
        let text = try SingleStatement.check(sql)
        return SessionStatement(
            text: "\(prefix)\n\(text)\n\(suffix)",
            origin: sql.origin,
            leadingLines: 1,
            firstLine: sql.firstLine
        )
    }

    /// What stands around a query whose columns are asked for.
    ///
    /// The rows of a DESCRIBE of thousands of columns come in no order; only numbering them keeps the one that they have.
    static let describing = (
        before:
            "SELECT column_name AS name, column_type AS type FROM (SELECT *, row_number() OVER () AS position FROM (DESCRIBE",
        after: ")) ORDER BY position"
    )

    /// The result's columns, and the list of them cast to the types that tables may hold.
    private func describe(_ sql: SQLText, in session: DuckDBSession) async throws -> (schema: Schema, columns: String) {
        let (before, after) = Self.describing
        let query = try statement(before, sql, after)
        var fields: [Field] = []
        var columns: [String] = []
        for row in try AnswerRow.decode(try await session.send(query)) {
            guard let name = row["name"] ?? nil, let typeName = row["type"] ?? nil, let type = DuckDBType(typeName)
            else {
                throw PipelineError(
                    .invalidQuery,
                    "\(sql.origin.map { "\($0): " } ?? "")column '\((row["name"] ?? nil) ?? "?")' has the type \((row["type"] ?? nil) ?? "?")",
                    while: "reading a query",
                    hint:
                        "cast it to one of: BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL, VARCHAR, DATE, TIMESTAMPTZ, or a list or struct of those"
                )
            }
            guard !fields.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw PipelineError(
                    .invalidQuery,
                    "\(sql.origin.map { "\($0): " } ?? "")two columns are named '\(name)'",
                    while: "reading a query",
                    hint: "give one of them another name with AS"
                )
            }
            fields.append(Field(name, type.type))
            columns.append(
                type.needsCast
                    ? "CAST(\(sqlIdentifier(name)) AS \(type.type.duckDBName)) AS \(sqlIdentifier(name))"
                    : sqlIdentifier(name)
            )
        }
        return (Schema(fields), columns.joined(separator: ", "))
    }

    private func write(
        _ sql: SQLText,
        into directory: String,
        schema wanted: Schema?,
        in session: DuckDBSession
    ) async throws -> EngineResult.Written {
        var (schema, columns) = try await describe(sql, in: session)
        if let wanted {
            guard schema.names == wanted.names else {
                throw PipelineError(
                    .schemaMismatch,
                    "the query \(schema.names.difference(from: wanted.names))",
                    while: "writing \(directory)"
                )
            }
            columns = wanted.fields.map {
                "CAST(\(sqlIdentifier($0.name)) AS \($0.type.duckDBName)) AS \(sqlIdentifier($0.name))"
            }.joined(separator: ", ")
            schema = wanted
        }
        let options = "(FORMAT parquet, COMPRESSION zstd, FILE_SIZE_BYTES '256MB', RETURN_STATS)"
        let copy = try statement("COPY (SELECT \(columns) FROM (", sql, ")) TO \(sqlLiteral(directory)) \(options)")
        let answer = try await session.send(copy)
        let files = try answer.map { try JSONDecoder().decode(FileAnswer.self, from: Data($0)).stagedFile() }
        return EngineResult.Written(schema: schema, files: files)
    }
}

extension [String] {
    /// How names of columns differ from others, by the first that does.
    fileprivate func difference(from wanted: [String]) -> String {
        guard let index = indices.first(where: { $0 >= wanted.count || self[$0] != wanted[$0] }) else {
            return "has \(count) columns and lacks '\(wanted.dropFirst(count).first ?? "")'"
        }
        let expected = index < wanted.count ? "'\(wanted[index])'" : "no more than \(wanted.count)"
        return "has as column \(index + 1) '\(self[index])', expected was \(expected)"
    }
}

extension EngineJob {
    /// The directories that its steps write into.
    fileprivate var outputs: [String] {
        steps.compactMap { step in
            switch step {
            case .write(_, _, let directory, _): directory
            case .execute, .measure: nil
            }
        }
    }
}

extension Field {
    /// The column as canonical CSV has it: lists and structs are JSON, which every reader knows; DuckDB's own form is not.
    fileprivate var textColumn: String {
        let column = sqlIdentifier(name)
        return switch type {
        case .list, .structure:
            "CAST(to_json(\(column)) AS VARCHAR) AS \(column)"
        default: column
        }
    }
}

/// Runs `body`, and cancels it when its time is over.
private func withTimeout<Result: Sendable>(
    _ limit: Duration,
    while operation: String,
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw PipelineError(
                .outOfResources,
                "it did not end within \(limit)",
                while: operation,
                hint: "set engine.timeout to a longer time"
            )
        }
        return result
    }
}
