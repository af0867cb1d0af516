public import PipelineCore

extension Connector where Part == any QueryEngine {
    /// `engine: { use: duckdb }`: the DuckDB program as a child process.
    public static var duckdb: Connector {
        Connector(name: "duckdb", summary: "The DuckDB program on this machine, one child process per job.") { block in
            let configuration = DuckDBConfiguration(block)
            return { context in
                var configuration = configuration
                configuration.program = configuration.program.map(context.resolve)
                configuration.statementLog = configuration.statementLog.map(context.resolve)
                return DuckDBEngine(configuration, temporaryDirectory: context.stateDirectory + "/engine")
            }
        }
    }
}

/// What an integrator may set.
public struct DuckDBConfiguration: Sendable {
    /// The program's path; nil: found by ``DuckDBProgram/locate(_:)``.
    public var program: String?
    /// In bytes; nil: DuckDB's own default, 80 % of the machine's memory.
    public var memory: Int64?
    /// Nil: one per core.
    public var threads: Int?
    /// The most that may be spilled to disk, in bytes; nil: DuckDB's own default, 90 % of the free space.
    public var disk: Int64?
    /// The longest that one job may take.
    public var timeout: Duration
    /// The file that every statement is appended to before it is sent; nil: none.
    public var statementLog: String?

    /// A configuration with DuckDB's own limits and four hours for a job.
    public init(
        program: String? = nil,
        memory: Int64? = nil,
        threads: Int? = nil,
        disk: Int64? = nil,
        timeout: Duration = .seconds(14_400)
    ) {
        self.program = program
        self.memory = memory
        self.threads = threads
        self.disk = disk
        self.timeout = timeout
    }

    init(_ block: ConfigurationBlock) {
        program = block.optional(
            "program",
            .text(example: "/usr/local/bin/duckdb"),
            "The DuckDB program; default: $MILLRACE_DUCKDB, then beside millrace, then on the PATH."
        )
        memory = block.optional(
            "memory",
            .bytes(example: "4GB", from: "128MB"),
            "The memory a job may use before it spills to disk, at least 128MB; default 80 % of the machine's."
        )
        threads = block.optional(
            "threads",
            .integer(in: 1...1024, example: 2),
            "The threads of a job; default one per core."
        )
        disk = block.optional(
            "disk",
            .bytes(example: "50GB", from: "1MB"),
            "The most that a job may spill to disk; default 90 % of the free space."
        )
        statementLog = block.optional(
            "statement_log",
            .text(example: "duckdb.sql"),
            "A file that every statement is appended to, to look into or to run by hand."
        )
        timeout = block.value(
            "timeout",
            .duration(example: "4h", from: "1s", to: "30d"),
            default: .seconds(14_400),
            "The longest a job may take before it is stopped, up to 30d; default 4h."
        )
    }
}
