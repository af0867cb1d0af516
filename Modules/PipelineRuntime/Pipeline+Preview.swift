public import Ingestion
public import PipelineCore

extension Pipeline {
    /// Shows what a source would give, without taking anything; throws where there is no such source.
    public func preview(of name: String, rows: Int, workspace: any Workspace) async throws -> SourcePreview {
        let source = try source(named: name, while: "previewing")
        let job = ingestion(source, run: RunID(rawValue: "preview"), workspace: workspace, progress: SilentProgress())
        return try await job.preview(rows: rows)
    }

    /// The names of the sources, in the order of the config.
    public var sourceNames: [String] { sources.map(\.name) }

    /// Throws where the config has no source of this name.
    public func checkSource(_ name: String) throws { _ = try source(named: name, while: "looking for dead letters") }

    func source(
        named name: String,
        while operation: String
    ) throws -> (name: String, source: any FileSource, options: IngestionOptions) {
        if let source = sources.first(where: { $0.name == name }) { return source }
        let names = sources.map(\.name)
        let nearest = names.nearest(to: name).map { "did you mean '\($0)'? " } ?? ""
        throw PipelineError(
            .invalidConfiguration,
            "there is no source '\(name)'",
            while: operation,
            hint: names.isEmpty
                ? "the config names no sources" : "\(nearest)there are: \(names.joined(separator: ", "))"
        )
    }
}
