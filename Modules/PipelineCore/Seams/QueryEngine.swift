/// Runs SQL over files; a program of its own, never a part of our process.
///
/// An engine reads nothing but the inputs and writes nothing but the outputs that a job names. Cancelling the task stops
/// the program. Errors come back as `invalidQuery` with the user's own line numbers, or as what else went wrong.
public protocol QueryEngine: Sendable {
    /// Renders shipped SQL over tables.
    var dialect: any SQLDialect { get }

    /// Renders shipped SQL that reads text records.
    var records: any RecordDialect { get }

    /// Tries that the program is there and of a version that we know.
    func probe() async throws

    /// Runs the steps of a job in order, in one session; the first failing step ends it.
    ///
    /// `progress` is called after each step with the number of steps done.
    func run(_ job: EngineJob, progress: @escaping @Sendable (Int) -> Void) async throws -> EngineResult

    /// Runs one query and lends its rows to `body`; the schema is known before the first row, the program ends with `body`.
    func withRows<Result: Sendable>(
        of sql: SQLText,
        over inputs: [EngineTable],
        _ body: @escaping @Sendable (Schema, RowStream) async throws -> Result
    ) async throws -> Result

    /// The columns of a Parquet file that nobody here wrote, in types of ours, and how many rows it has.
    func describe(parquet path: String) async throws -> (schema: Schema, rowCount: Int64)

    /// The same of several files, in their order; throws if one of them cannot be described.
    func describe(parquet paths: [String]) async throws -> [(schema: Schema, rowCount: Int64)]

    /// The columns and types of a query's result, found without running it.
    func schema(of sql: SQLText, over inputs: [EngineTable]) async throws -> Schema
}

extension QueryEngine {
    /// One file after the other; an engine that has a start to save overrides it.
    public func describe(parquet paths: [String]) async throws -> [(schema: Schema, rowCount: Int64)] {
        var described: [(schema: Schema, rowCount: Int64)] = []
        for path in paths { described.append(try await describe(parquet: path)) }
        return described
    }
}

/// A piece of SQL and where it comes from.
public struct SQLText: Sendable, Hashable {
    /// One statement, without a semicolon behind it if it is a query.
    public let text: String
    /// The file of a user's query, for error messages; nil for SQL that we ship.
    public let origin: String?
    /// The line of `origin` that the text begins in, from 1.
    public let firstLine: Int
    /// SQL and where it comes from.
    public init(_ text: String, origin: String? = nil, firstLine: Int = 1) {
        self.text = text
        self.origin = origin
        self.firstLine = firstLine
    }
}

/// Something an engine can name in SQL.
public struct EngineTable: Sendable {
    /// How the rows are stored.
    public enum Storage: Sendable {
        /// Parquet files; none is an empty table.
        case parquet([String])
        /// One Parquet file that was described by the engine, its columns in their order and under any names, whose rows also
        /// have their position in it, from 0, in the column of this name.
        case numberedParquet(String, position: String)
        /// Text files without header, one record a line; fields are split by `delimiter` and quoted with `quote`
        /// (none: never quoted). Every column has the type that `schema` says; the files hold nothing else. `longest` is the
        /// size of the longest record in bytes, `hasLineEnds` whether a quoted field contains a line end.
        case text([String], delimiter: String, quote: String?, longest: Int, hasLineEnds: Bool)
    }
    /// What SQL calls it.
    public let name: DatasetName
    /// Its columns, in order, with the types that the engine reads them as.
    public let schema: Schema
    /// Where its rows are.
    public let storage: Storage
    /// A table over files.
    public init(_ name: DatasetName, schema: Schema, storage: Storage) {
        self.name = name
        self.schema = schema
        self.storage = storage
    }
}

/// Steps over tables, run in one session of an engine.
public struct EngineJob: Sendable {
    /// One step.
    public enum Step: Sendable {
        /// A statement whose result is not needed; may make temporary tables and views for later steps.
        case execute(SQLText)
        /// Writes a query's rows as Parquet files into an empty directory; `label` names the result. The rows must have
        /// exactly the columns of `schema` when it is given; else the query decides, within the types that tables allow.
        case write(label: String, SQLText, into: String, schema: Schema?)
        /// Keeps the rows of a small query in the result; every value as text.
        case measure(label: String, SQLText)
    }
    /// Says what runs, for logs and errors.
    public let name: String
    /// What the steps can read, beside what earlier steps made.
    public let inputs: [EngineTable]
    /// In the order in which they run.
    public let steps: [Step]
    /// A job over inputs.
    public init(name: String, inputs: [EngineTable], steps: [Step]) {
        self.name = name
        self.inputs = inputs
        self.steps = steps
    }
}

/// What the steps of a job left behind.
public struct EngineResult: Sendable {
    /// What a `write` step wrote, by label.
    public struct Written: Sendable {
        /// The columns that the engine wrote.
        public let schema: Schema
        /// Where the rows are; without rows none, or one without rows.
        public let files: [StagedFile]
        /// What a step wrote.
        public init(schema: Schema, files: [StagedFile]) {
            self.schema = schema
            self.files = files
        }
        /// The rows of all files.
        public var rowCount: Int64 { files.reduce(0) { $0 + $1.rowCount } }
    }
    /// By the label of the step.
    public let written: [String: Written]
    /// Rows of the `measure` steps, by label: column name to text, NULL as nil.
    public let measured: [String: [[String: String?]]]
    /// What a job gave.
    public init(written: [String: Written], measured: [String: [[String: String?]]]) {
        self.written = written
        self.measured = measured
    }
}
