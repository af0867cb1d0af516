internal import Ingestion
internal import PipelineCore
internal import Processing
internal import VisualizationExport

/// Which parts of a pipeline a run is about: those that were named, and what they need.
struct RunTargets {
    let sources: Set<String>
    let jobs: Set<String>
    let exports: Set<String>

    /// What the names need; everything where no name is given.
    ///
    /// A job needs the jobs it waits for, and all that fills the tables it reads; an export needs what fills the tables
    /// it delivers.
    init(_ names: [String], in pipeline: Pipeline) throws {
        guard !names.isEmpty else {
            sources = Set(pipeline.sources.map(\.name))
            jobs = Set(pipeline.jobs.map(\.name))
            exports = Set(pipeline.exports.map(\.name))
            return
        }
        try Self.check(names, in: pipeline)
        exports = Set(names).intersection(pipeline.exports.map(\.name))
        var jobs = Set(names).intersection(pipeline.jobs.map(\.name))
        var tables: Set<DatasetName> = []
        for export in pipeline.exports where exports.contains(export.name) {
            tables.formUnion(export.selection.names(outOf: pipeline.datasets))
        }
        // Jobs come in an order in which each stands after those it waits for, so one pass from the end finds them all.
        for job in pipeline.jobs.reversed() where jobs.contains(job.name) || !tables.isDisjoint(with: job.writes) {
            jobs.insert(job.name)
            jobs.formUnion(job.after)
            tables.formUnion(try job.job().inputs(among: pipeline.tableNames))
        }
        self.jobs = jobs
        let needsAll = tables.contains(DatasetDefinition.deadLetters.name)
        sources = Set(
            pipeline.sources.filter { names.contains($0.name) || needsAll || tables.contains($0.options.table) }
                .map(\.name)
        )
    }

    private static func check(_ names: [String], in pipeline: Pipeline) throws {
        let known = pipeline.names
        guard let unknown = names.first(where: { !known.contains($0) }) else { return }
        let nearest = known.nearest(to: unknown).map { "did you mean '\($0)'? " } ?? ""
        throw PipelineError(
            .invalidConfiguration,
            "nothing is called '\(unknown)'",
            while: "choosing what to run",
            hint: known.isEmpty
                ? "the config names no sources, jobs or exports"
                : "\(nearest)there are: \(known.joined(separator: ", "))"
        )
    }
}

extension Pipeline {
    /// All tables that sources and jobs fill.
    fileprivate var tableNames: [DatasetName] {
        let filled = sources.map(\.options.table) + jobs.flatMap(\.writes) + [DatasetDefinition.deadLetters.name]
        return Set(filled).sorted()
    }
}
