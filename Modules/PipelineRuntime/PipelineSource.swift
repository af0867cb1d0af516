internal import Ingestion
internal import PipelineCore

/// A source of a pipeline: files that lie somewhere, or events that others send.
struct PipelineSource: Sendable {
    /// The name in the config.
    let name: String
    /// What lands when ingestion asks for it; nothing where a receiver lands by itself.
    let files: any FileSource
    /// Nil where the source is of files.
    let receiver: (any EventReceiver)?
    /// What its records become.
    let options: IngestionOptions

    init(name: String, part: SourcePart, context: ConnectorContext) throws {
        self.name = name
        options = part.options
        switch part.origin {
        case .files(let build): (files, receiver) = (try build(context), nil)
        case .receiver(let build): (files, receiver) = (NoFiles(), try build(context))
        }
    }
}

/// Stands for the files of a source that has none.
private struct NoFiles: FileSource {
    func list() async throws -> [SourceFile] { [] }

    func read(_ file: SourceFile, from offset: Int64) async throws -> ByteStream {
        throw PipelineError(.notFound, "there is no file '\(file.path)'", while: "reading a source without files")
    }
}
