internal import PipelineCore

/// The top level of the file as it was read, before the blocks are checked against each other.
struct PipelineDraft<Source: Sendable, Job: Sendable, Export: Sendable> {
    /// What the pipeline itself reads from a job's block, beside the job's kind.
    struct JobBlock: Sendable {
        let job: Job
        let after: [Located<String>]
    }

    let name: String?
    let timezone: String
    let state: Located<String>
    let lake: UseBlock<Connector<any ObjectStore>.Build>?
    let engine: UseBlock<Connector<any QueryEngine>.Build>?
    let sources: [UseBlock<Source>]
    let jobs: [UseBlock<JobBlock>]
    let exports: [UseBlock<Export>]

    /// Reads all keys of the top level, without `finish()`.
    init(_ block: ConfigurationBlock, catalog: ConnectorCatalog<Source, Job, Export>) {
        name = block.optional("name", .text(example: "shop"), "The pipeline's name; default: the folder of this file")
        timezone = block.value("timezone", .timeZone, default: "UTC", "The zone of reporting days; default UTC")
        state = block.value(
            "state",
            ConfigurationType<String>.text(example: ".millrace").located,
            default: Located(".millrace", path: "state", mark: nil),
            "The directory of the control database, of events that collectors have not landed yet, and of scratch files; default .millrace, beside this file"
        )
        lake = block.require(
            "lake",
            .using(catalog.lakes.map { BlockKind($0) }, noun: "lake"),
            "Where raw data and tables are kept"
        )
        let engines = catalog.engines.map { BlockKind($0) }
        let given = block.optional(
            "engine",
            .using(engines, noun: "engine"),
            "What runs SQL; default \(engines.first.map { "`use: \($0.name)`" } ?? "none")"
        )
        engine = given ?? (block.has("engine") ? nil : engines.first.map { Self.defaultEngine($0, block) })
        sources = block.value(
            "sources",
            .named(catalog.sources, noun: "source"),
            default: [],
            "Where data come from, by name"
        )
        let jobKinds = catalog.jobs.map { kind in
            kind.adding { block, job in
                let name = ConfigurationType<String>.text(example: "clickstream").located
                return JobBlock(
                    job: job,
                    after: block.value("after", .list(name), default: [], "Jobs that must have succeeded before")
                )
            }
        }
        jobs = block.value("jobs", .named(jobKinds, noun: "job"), default: [], "What is made of the data, by name")
        exports = block.value(
            "exports",
            .named(catalog.exports, noun: "export"),
            default: [],
            "Where datasets go, by name"
        )
    }

    private static func defaultEngine<Value>(_ kind: BlockKind<Value>, _ block: ConfigurationBlock) -> UseBlock<Value> {
        let mark = block.mark ?? ConfigurationMark(line: 1, column: 1)
        let use = ConfigurationNode(.scalar(kind.name, isQuoted: false, isReference: false), at: mark)
        let entry = ConfigurationNode.Entry(key: "use", keyMark: mark, value: use)
        return UseBlock(
            name: "engine",
            node: ConfigurationNode(.map([entry]), at: mark),
            path: "engine",
            kinds: [kind],
            noun: "engine",
            issues: block.issues
        )
    }
}
