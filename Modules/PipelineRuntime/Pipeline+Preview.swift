public import Ingestion
public import PipelineCore

extension Pipeline {
    /// Shows what a source would give, without taking anything; throws where there is no such source.
    public func preview(of name: String, rows: Int, workspace: any Workspace) async throws -> SourcePreview {
        guard let source = sources.first(where: { $0.name == name }) else {
            let names = sources.map(\.name)
            let nearest = names.nearest(to: name).map { "did you mean '\($0)'? " } ?? ""
            throw PipelineError(
                .invalidConfiguration,
                "there is no source '\(name)'",
                while: "previewing",
                hint: names.isEmpty
                    ? "the config names no sources" : "\(nearest)there are: \(names.joined(separator: ", "))"
            )
        }
        let job = ingestion(source, run: RunID(rawValue: "preview"), workspace: workspace, progress: SilentProgress())
        return try await job.preview(rows: rows)
    }

    /// The names of the sources, in the order of the config.
    public var sourceNames: [String] { sources.map(\.name) }
}
