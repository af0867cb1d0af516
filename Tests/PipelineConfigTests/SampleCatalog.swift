import PipelineConfig
import PipelineCore

/// What the blocks of these tests become: enough to see that each part was read by the right reader.
struct SampleSource: Sendable, Equatable {
    let path: String
    let table: DatasetName
}

struct SampleJob: Sendable, Equatable {
    let kind: String
    let outputs: [DatasetName]
    let query: String?
}

struct SampleExport: Sendable, Equatable {
    let target: String
    /// Nil: all.
    let datasets: [DatasetName]?
}

typealias SampleCatalog = ConnectorCatalog<SampleSource, SampleJob, SampleExport>
typealias SampleFile = PipelineFile<SampleSource, SampleJob, SampleExport>

extension ConnectorCatalog<SampleSource, SampleJob, SampleExport> {
    /// The words of the product's own catalog, with the keys that its connectors and layers read.
    static var sample: SampleCatalog {
        SampleCatalog(
            lakes: [.sampleLocal],
            engines: [.sampleDuckDB, .sampleSpark],
            sources: [.files, .http],
            jobs: [.clickstream, .sql],
            exports: [.sqlite, .postgres, .csv]
        )
    }

    func load(_ path: String, environment: [String: String] = [:]) throws -> SampleFile {
        try PipelineFile.load(path, catalog: self, environment: environment)
    }
}

/// Parts are not made in these tests.
private func unmade<Part>(_ path: String) -> Connector<Part>.Build {
    { context in
        throw PipelineError(.internalError, context.resolve(path), while: "making a part")
    }
}

extension Connector where Part == any ObjectStore {
    static var sampleLocal: Connector {
        Connector(name: "local", summary: "A directory of this machine.") { block in
            unmade(block.require("path", .text(example: "data/lake"), "The directory"))
        }
    }
}

extension Connector where Part == any QueryEngine {
    static var sampleDuckDB: Connector {
        Connector(name: "duckdb", summary: "The DuckDB program on this machine.") { block in
            _ = block.value("memory", .bytes(example: "4GB"), default: 4 << 30, "How much memory it may take")
            _ = block.optional("threads", .integer(in: 1...1024, example: 4), "How many threads it may use")
            return unmade("duckdb")
        }
    }

    static var sampleSpark: Connector {
        Connector(name: "spark", summary: "Apache Spark, through spark-sql.") { block in
            let master = block.value("master", .text(example: "local[2]"), default: "local[*]", "Where it runs")
            _ = block.value("conf", .map(.text(example: "4g")), default: [], "Spark's own settings")
            return unmade(master)
        }
    }
}

extension Connector where Part == any FileSource {
    static var sampleFiles: Connector {
        Connector(name: "files", summary: "Files of a directory.") { block in
            unmade(block.require("path", .text(example: "drop/*.csv.gz"), "A glob"))
        }
    }
}

extension Connector where Part == any Sink {
    static func sample(_ name: String, _ key: String) -> Connector {
        Connector(name: name, summary: "Tables of \(name).") { block in
            let target = block.require(key, .secret, "Where to")
            if name == "csv" {
                _ = block.require("flavor", .choice(["data-studio", "power-bi", "tableau"]), "Who reads it")
            }
            if name == "postgres" {
                _ = block.value("schema", .dataset(example: "bi"), default: "public", "The schema of the tables")
            }
            return unmade(target.description)
        }
    }
}

extension BlockKind<SampleSource> {
    static var files: BlockKind {
        BlockKind(.sampleFiles, tables: \.sampleUse) { block, build in
            _ = block.require("format", .choice(["csv", "json", "ndjson", "parquet", "lines"]), "How rows are written")
            _ = block.value("timezone", .timeZone, default: "UTC", "Of timestamps without an offset")
            _ = block.optional("pattern", .text(example: "combined"), "How a line is taken apart")
            _ = block.value("events", .map(.text(example: "user_id")), default: [], "Event column to source column")
            let table = block.value(
                "table",
                .dataset(example: "orders"),
                default: DatasetDefinition.eventLog.name,
                "The table of the rows"
            )
            return SampleSource(path: path(build), table: table)
        }
    }

    static var http: BlockKind {
        BlockKind(name: "http", summary: "The collector.", tables: \.sampleUse) { block in
            let listen = block.value(
                "listen",
                .text(example: "127.0.0.1:8080"),
                default: "127.0.0.1:8080",
                "Address and port"
            )
            _ = block.value("write_keys", .map(.secret), default: [], "Keys of writers by name")
            return SampleSource(path: listen, table: DatasetDefinition.eventLog.name)
        }
    }

    /// What the connector made of its own keys, seen through the error of its part.
    private static func path(_ build: Connector<any FileSource>.Build) -> String {
        do {
            _ = try build(ConnectorContext(baseDirectory: "/base", stateDirectory: "/base/state"))
            return "made"
        } catch {
            return (error as? PipelineError)?.message ?? "\(error)"
        }
    }
}

extension SampleSource {
    fileprivate var sampleUse: TableUse {
        table == DatasetDefinition.eventLog.name ? TableUse(appends: [table]) : TableUse(writes: [table])
    }
}

extension BlockKind<SampleJob> {
    static var clickstream: BlockKind {
        let use: @Sendable (SampleJob) -> TableUse = {
            TableUse(writes: $0.outputs, reads: [DatasetDefinition.eventLog.name])
        }
        return BlockKind(name: "clickstream", summary: "The built-in models.", tables: use) { block in
            _ = block.value("session_gap", .duration(example: "30m"), default: .seconds(1800), "What ends a session")
            _ = block.value("conversions", .list(.text(example: "purchase")), default: [], "Names of events")
            let funnel = ConfigurationType<Int>.object(example: "{ steps: [a, b], within: 7d }") { block in
                _ = block.require("within", .duration(example: "7d"), "How long it may take")
                return block.require("steps", .list(.text(example: "purchase")), "Names of events").count
            }
            _ = block.value("funnels", .map(funnel), default: [], "Steps by name")
            return SampleJob(
                kind: "clickstream",
                outputs: ["events", "sessions", "users", "daily_metrics"],
                query: nil
            )
        }
    }

    /// Reads what its query names after `FROM`, which is all that these tests need of SQL.
    static var sql: BlockKind {
        let use: @Sendable (SampleJob) -> TableUse = { job in
            let words = (job.query ?? "").split(separator: " ").map(String.init)
            let tables = zip(words, words.dropFirst()).filter { $0.0 == "FROM" }.map { DatasetName(rawValue: $0.1) }
            return TableUse(writes: job.outputs, reads: tables)
        }
        return BlockKind(name: "sql", summary: "A query of your own.", tables: use) { block in
            let query = block.require("query", .text(example: "sql/revenue.sql"), "A file, or the text itself")
            let table = block.require("into", .dataset(example: "daily_revenue"), "The table of the result")
            let check = ConfigurationType<Bool>.object(example: "{ not_null: [day] }") { block in
                _ = block.value("not_null", .list(.text(example: "day")), default: [], "Columns")
                _ = block.value("unique", .list(.text(example: "day")), default: [], "Columns")
                let limits = ConfigurationType<Bool>.object(example: "{ min: 1 }") { block in
                    block.optional("min", .integer(in: 0 ... .max, example: 1), "At least") != nil
                }
                return block.optional("row_count", limits, "How many rows") ?? false
            }
            _ = block.value("checks", .list(check), default: [], "What must hold of the result")
            return SampleJob(kind: "sql", outputs: [table], query: query)
        }
    }
}

extension BlockKind<SampleExport> {
    static var sqlite: BlockKind { exporting(.sample("sqlite", "path")) }
    static var postgres: BlockKind { exporting(.sample("postgres", "url")) }
    static var csv: BlockKind { exporting(.sample("csv", "path")) }

    private static func exporting(_ sink: Connector<any Sink>) -> BlockKind {
        BlockKind(sink, tables: { TableUse(reads: $0.datasets ?? []) }) { block, _ in
            let names = ConfigurationType<[String]>.list(.text(example: "sessions"))
            let type = ConfigurationType<[String]?>(
                schema: .either([.choice(["all"]), names.schema]),
                placeholder: nil,
                example: "[sessions]"
            ) { node, path, issues in
                if case .scalar("all", _, _) = node.value { return .some(nil) }
                return names.parse(node, path, issues).map { .some($0) }
            }
            let selection = block.require("datasets", type, "`all`, or names")
            return SampleExport(target: sink.name, datasets: selection?.map(DatasetName.init(rawValue:)))
        }
    }
}
