public import PipelineCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The one config file, decoded and checked; nothing has been opened yet.
public struct PipelineFile<Source: Sendable, Job: Sendable, Export: Sendable>: Sendable {
    /// A part of the pipeline with its name in the file.
    public struct Named<Value: Sendable>: Sendable {
        /// The key in the file; valid as the name of a table.
        public let name: String
        /// What the catalog's kind of block made of it.
        public let value: Value
        /// What the part does to tables.
        public let tables: TableUse
    }

    /// A job with its name in the file.
    public struct NamedJob: Sendable {
        /// The key in the file; valid as the name of a table.
        public let name: String
        /// The jobs that must have succeeded before; all of them stand earlier in ``PipelineFile/jobs``.
        public let after: [String]
        /// What the catalog's kind of block made of it.
        public let value: Job
        /// What the job does to tables.
        public let tables: TableUse
    }

    /// The pipeline's name; the folder of the file where the file gives none.
    public let name: String
    /// The IANA name of the zone that days are counted in; this machine knows it.
    public let timezone: String
    /// Absolute paths of the file's folder and of the state directory.
    public let context: ConnectorContext
    /// Makes the store of raw data and tables.
    public let lake: Connector<any ObjectStore>.Build
    /// Makes the engine that runs SQL.
    public let engine: Connector<any QueryEngine>.Build
    /// In the order of the file.
    public let sources: [Named<Source>]
    /// In an order in which every job comes after those that it waits for, which are those of its `after` and those that write
    /// what it reads; otherwise in that of the file.
    public let jobs: [NamedJob]
    /// In the order of the file.
    public let exports: [Named<Export>]

    /// Reads, decodes and checks a file; `environment` is what `${NAME}` is looked up in.
    ///
    /// Throws everything that is wrong at once. Reads the files that references point at; opens nothing else.
    public static func load(
        _ path: String,
        catalog: ConnectorCatalog<Source, Job, Export>,
        environment: [String: String]
    ) throws(InvalidConfiguration) -> PipelineFile {
        let directory = Self.directory(of: path)
        let issues = ConfigurationIssues(baseDirectory: directory)
        let references = References(environment: environment, baseDirectory: directory)
        guard let root = YAMLFile(references: references, issues: issues).read(path) else {
            throw InvalidConfiguration(file: path, issues: issues.sorted)
        }
        let block = ConfigurationBlock(root, path: "", issues: issues)
        let draft = PipelineDraft(block, catalog: catalog)
        block.finish()
        draft.check(issues)
        guard issues.count == 0, let file = PipelineFile(draft, directory: directory) else {
            throw InvalidConfiguration(file: path, issues: issues.sorted)
        }
        return file
    }

    /// Nil where something in the draft could not be read.
    private init?(_ draft: PipelineDraft<Source, Job, Export>, directory: String) {
        guard let lake = draft.lake?.value, let engine = draft.engine?.value else { return nil }
        name = draft.name ?? directory.split(separator: "/").last.map(String.init) ?? "pipeline"
        timezone = draft.timezone
        let state = draft.state.value.hasPrefix("/") ? draft.state.value : "\(directory)/\(draft.state.value)"
        context = ConnectorContext(baseDirectory: directory, stateDirectory: state)
        self.lake = lake
        self.engine = engine
        sources = draft.sources.compactMap { block in
            block.value.map { Named(name: block.name, value: $0, tables: block.tables) }
        }
        jobs = draft.orderedJobs.compactMap { block in
            block.value.map {
                NamedJob(name: block.name, after: draft.names(before: block), value: $0.job, tables: block.tables)
            }
        }
        exports = draft.exports.compactMap { block in
            block.value.map { Named(name: block.name, value: $0, tables: block.tables) }
        }
    }

    /// The absolute path of a file's folder, as far as it exists.
    private static func directory(of path: String) -> String {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let resolved = unsafe realpath(folder, nil) else { return folder }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}
