public import PipelineCore

/// Makes tables of the lake from other tables of the lake.
public protocol ProcessingJob: Sendable {
    /// Everything that decides the result besides the tables it reads: options, query text, versions of rules. Another text
    /// means that the results are out of date.
    var definition: String { get }
    /// The tables that it writes, whole, and nobody else.
    var outputs: [DatasetName] { get }
    /// Which of the lake's tables it reads.
    func inputs(among tables: [DatasetName]) -> [DatasetName]
    /// Tries the job's queries without computing anything, over tables with the columns of `known`; throws what a run would.
    ///
    /// `others` are tables that are still to be made, by whoever makes them.
    func prospect(
        among known: [DatasetName: Schema],
        expecting others: Set<DatasetName>,
        with engine: any QueryEngine
    ) async throws -> JobProspect
    /// Computes and publishes the outputs; called only when they are out of date.
    func run(in context: JobContext) async throws -> JobReport
}

/// What a job works with.
public struct JobContext: Sendable {
    /// The job's name in the config.
    public let name: String
    /// The run that the job is part of.
    public let run: RunID
    /// The tables of the lake.
    public let tables: any TableStore
    /// Runs the SQL.
    public let engine: any QueryEngine
    /// Holds files that are needed only during the run.
    public let workspace: any Workspace
    /// Is told how the job goes on.
    public let progress: any ProgressReporting

    /// What a job works with.
    public init(
        name: String,
        run: RunID,
        tables: any TableStore,
        engine: any QueryEngine,
        workspace: any Workspace,
        progress: any ProgressReporting
    ) {
        self.name = name
        self.run = run
        self.tables = tables
        self.engine = engine
        self.workspace = workspace
        self.progress = progress
    }

    /// The current version of a table as the engine reads it; an empty one where it does not exist yet.
    func input(_ definition: DatasetDefinition) async throws -> (table: EngineTable, version: Int64?) {
        let snapshot = try await tables.readableSnapshot(of: definition.name)
        // A table that another version of ours wrote may lack new columns; files without a column read NULL by name.
        let schema = snapshot?.definition.schema ?? definition.schema
        let storage = EngineTable.Storage.parquet(snapshot?.files.map(\.path) ?? [])
        return (EngineTable(definition.name, schema: schema, storage: storage), snapshot?.version)
    }
}

/// What a job did.
public struct JobReport: Sendable, Hashable {
    /// Rows in each output, in the order of the job's outputs.
    public var rows: [KeyedCount] = []
    /// Events that came more than once and were left out.
    public var duplicates: Int64 = 0
    /// A report without rows.
    public init() {}

    /// A table with its rows.
    public struct KeyedCount: Sendable, Hashable {
        /// The output.
        public let table: DatasetName
        /// All its rows, as they are now.
        public let rows: Int64
        /// An output with its rows.
        public init(table: DatasetName, rows: Int64) {
            self.table = table
            self.rows = rows
        }
    }
}
