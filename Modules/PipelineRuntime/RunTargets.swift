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
    /// A job needs the jobs it waits for, those whose tables it reads, and all sources; an export needs the jobs whose
    /// tables it delivers.
    init(_ names: [String], in pipeline: Pipeline) throws {
        guard !names.isEmpty else {
            sources = Set(pipeline.sources.map(\.name))
            jobs = Set(pipeline.jobs.map(\.name))
            exports = Set(pipeline.exports.map(\.name))
            return
        }
        let known = pipeline.names
        if let unknown = names.first(where: { !known.contains($0) }) {
            let nearest = known.nearest(to: unknown).map { "did you mean '\($0)'? " } ?? ""
            throw PipelineError(
                .invalidConfiguration,
                "nothing is called '\(unknown)'",
                while: "choosing what to run",
                hint: "\(nearest)there are: \(known.joined(separator: ", "))"
            )
        }
        exports = Set(pipeline.exports.map(\.name).filter(names.contains))
        var jobs = Set(pipeline.jobs.map(\.name).filter(names.contains))
        for export in pipeline.exports where exports.contains(export.name) {
            let wanted = export.selection.names(outOf: pipeline.datasets)
            jobs.formUnion(pipeline.jobs.filter { !Set($0.job.outputs).isDisjoint(with: wanted) }.map(\.name))
        }
        // Jobs come in an order in which each stands after those it waits for, so one pass from the end finds them all.
        for (index, job) in pipeline.jobs.enumerated().reversed() where jobs.contains(job.name) {
            let reads = Set(job.job.inputs(among: pipeline.datasets))
            jobs.formUnion(job.after)
            jobs.formUnion(pipeline.jobs[..<index].filter { !reads.isDisjoint(with: $0.job.outputs) }.map(\.name))
        }
        let named = Set(pipeline.sources.map(\.name).filter(names.contains))
        sources = jobs.isEmpty ? named : Set(pipeline.sources.map(\.name))
        self.jobs = jobs
    }
}
