internal import Ingestion
internal import Lake
public import PipelineConfig
public import PipelineCore
internal import Processing
internal import VisualizationExport

/// A pipeline put together from its config file; opening it touches nothing.
public struct Pipeline: Sendable {
    /// The name from the config, by default that of its folder.
    public let name: String
    /// The IANA name of the zone that days are counted in.
    public let timezone: String
    /// The directory for control data on this machine.
    public let stateDirectory: String
    /// Runs SQL for jobs, exports and queries.
    public let engine: any QueryEngine
    /// The tables of the lake.
    public let tables: any TableStore
    /// The files that were taken, as they came.
    public let rawZone: any RawZone
    let store: any ObjectStore
    let sources: [PipelineSource]
    let jobs: [PipelineJob]
    let exports: [ExportJob]
    let codings: [any ContentCoding]
    let clock: UniqueClock
    /// What receivers keep on this machine, whether the config names their sources or not.
    let findReceiverLogs: @Sendable () async throws -> [ReceiverLog]

    /// Builds the parts that the file names; `codings` are the compressions that files may have, and `receiverLogs` finds what
    /// the receivers that there are keep.
    public init(
        _ file: ConfigFile,
        parsers: Parsers,
        codings: [any ContentCoding],
        receiverLogs: @escaping ReceiverLog.Search = { _ in [] }
    ) throws {
        self.codings = codings
        findReceiverLogs = { [directory = file.context.stateDirectory] in try await receiverLogs(directory) }
        name = file.name
        timezone = file.timezone
        stateDirectory = file.context.stateDirectory
        let store = try file.lake(file.context)
        self.store = store
        let engine = try file.engine(file.context)
        self.engine = engine
        let clock = UniqueClock()
        self.clock = clock
        tables = DeltaTableStore(store: store)
        rawZone = LandingLog(store: store)
        sources = try file.sources.map { try PipelineSource(name: $0.name, part: $0.value, context: file.context) }
        jobs = file.jobs.enumerated().map { index, job in
            let tools = JobTools(
                dialect: engine.dialect,
                timezone: file.timezone,
                later: Set(file.jobs[(index + 1)...].flatMap(\.value.outputs)),
                context: file.context,
                parsers: parsers
            )
            return PipelineJob(job, tools: tools)
        }
        exports = try file.exports.map {
            ExportJob(name: $0.name, sink: try $0.value.build(file.context), selection: $0.value.selection)
        }
    }

    /// The datasets that jobs produce, in the order in which they do.
    public var datasets: [DatasetName] { jobs.flatMap(\.outputs) }

    /// The names of sources, jobs and exports, for targets.
    public var names: [String] { sources.map(\.name) + jobs.map(\.name) + exports.map(\.name) }

    func ingestion(
        _ source: PipelineSource,
        run: RunID,
        workspace: any Workspace,
        progress: any ProgressReporting
    ) -> IngestionJob {
        IngestionJob(
            name: source.name,
            source: source.files,
            options: source.options,
            rawZone: rawZone,
            tables: tables,
            engine: engine,
            codings: codings,
            workspace: workspace,
            sourceNames: Set(sources.map(\.name)),
            run: run,
            clock: { [clock] in clock.now() },
            progress: progress
        )
    }
}
