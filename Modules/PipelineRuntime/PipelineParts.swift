internal import Ingestion
public import PipelineConfig
public import PipelineCore
internal import Processing
internal import VisualizationExport

/// What a source's block becomes.
public struct SourcePart: Sendable {
    let origin: Origin
    let options: IngestionOptions

    /// Where its records come from.
    enum Origin: Sendable {
        /// From files that are taken.
        case files(Connector<any FileSource>.Build)
        /// From others who send them.
        case receiver(Connector<any EventReceiver>.Build)
    }
}

/// What a job's block becomes: the job, once somebody needs it.
public struct JobPart: Sendable {
    let make: @Sendable (JobTools) throws -> any ProcessingJob
    /// The tables that it writes.
    let outputs: [DatasetName]
    /// The tables that its query's text names.
    var mentions: [DatasetName] = []
    /// What it needs of this machine, each with the place in the config that asks for it.
    var needs: [Need] = []

    /// A file outside of the config.
    struct Need: Sendable {
        let place: Located<String>
        /// Throws where it cannot be used.
        let open: @Sendable (ConnectorContext, Parsers) throws -> Void
    }
}

/// What jobs are made with.
public struct JobTools: Sendable {
    let dialect: any SQLDialect
    let timezone: String
    /// The tables that jobs write which come after this one.
    let later: Set<DatasetName>
    let context: ConnectorContext
    let parsers: Parsers
}

/// What an export's block becomes.
public struct ExportPart: Sendable {
    let build: Connector<any Sink>.Build
    let selection: ExportSelection
}

/// The parsers that the clickstream job needs, made when the job runs.
public struct Parsers: Sendable {
    let userAgents: @Sendable () throws -> any UserAgentParser
    let locator: @Sendable (_ path: String) throws -> any AddressLocator

    /// Parsers by the functions that make them; each is called at most once per run.
    public init(
        userAgents: @escaping @Sendable () throws -> any UserAgentParser,
        locator: @escaping @Sendable (_ path: String) throws -> any AddressLocator
    ) {
        self.userAgents = userAgents
        self.locator = locator
    }
}

extension PipelineFile where Source == SourcePart, Job == JobPart, Export == ExportPart {
    /// Opens the files outside of the config that jobs need, such as databases of places; says what cannot be used, and
    /// where the config asks for it.
    public func issues(with parsers: Parsers) -> [ConfigurationIssue] {
        jobs.flatMap(\.value.needs).compactMap { need in
            do {
                try need.open(context, parsers)
                return nil
            } catch {
                let error = error as? PipelineError
                return need.place.issue(error?.message ?? "it cannot be used", hint: error?.hint)
            }
        }
    }
}

/// The config file of a pipeline.
public typealias ConfigFile = PipelineFile<SourcePart, JobPart, ExportPart>
/// What a config file can name.
public typealias PipelineCatalog = ConnectorCatalog<SourcePart, JobPart, ExportPart>

extension ConnectorCatalog where Source == SourcePart, Job == JobPart, Export == ExportPart {
    /// A catalog over connectors, with the layers' own keys added to each.
    public init(
        lakes: [Connector<any ObjectStore>],
        engines: [Connector<any QueryEngine>],
        files: [Connector<any FileSource>],
        receivers: [Connector<any EventReceiver>],
        sinks: [Connector<any Sink>]
    ) {
        self.init(
            lakes: lakes,
            engines: engines,
            sources: files.map { connector in
                BlockKind(connector, tables: Self.tables) { block, build in
                    SourcePart(origin: .files(build), options: IngestionOptions(block))
                }
            }
                + receivers.map { connector in
                    BlockKind(connector, tables: Self.tables) { _, build in
                        SourcePart(
                            origin: .receiver(build),
                            options: IngestionOptions(target: .events(.segment), format: .ndjson)
                        )
                    }
                },
            jobs: [.clickstream, .sql],
            exports: sinks.map { connector in
                BlockKind(connector, tables: Self.tables) { block, build in
                    ExportPart(build: build, selection: .read(from: block))
                }
            }
        )
    }

    @Sendable private static func tables(of source: SourcePart) -> TableUse {
        switch source.options.target {
        case .events: TableUse(appends: [DatasetDefinition.eventLog.name])
        case .table(let name): TableUse(writes: [name])
        }
    }

    @Sendable private static func tables(of export: ExportPart) -> TableUse {
        if case .named(let names) = export.selection { return TableUse(reads: names) }
        return TableUse()
    }
}
