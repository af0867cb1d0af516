import Ingestion
import PipelineCore

/// What `millrace preview --json` prints.
struct PreviewReport: Encodable {
    private struct Reason: Encodable {
        let reason: String
        let count: Int64
    }
    private struct Column: Encodable {
        let name: String
        let type: String
    }
    private struct Source: Encodable {
        let name: String
        var problem: String?
        var files: Int?
        var filesRead: Int?
        var rows: Int64?
        var rejected: Int64?
        var reasons: [Reason]?
        var columns: [Column]?
        /// Values are text as the engine writes it; NULL is null.
        var firstRows: [[String: String?]]?
    }
    private enum CodingKeys: CodingKey { case sources }

    private var sources: [Source] = []
    /// Whether a source could not be looked at.
    var hasProblem = false

    /// Adds a source that could be looked at.
    mutating func add(_ preview: SourcePreview, of name: String) {
        var source = Source(name: name)
        source.files = preview.files
        source.filesRead = preview.sampled.count
        (source.rows, source.rejected) = (preview.rows, preview.rejected)
        source.reasons = preview.reasons.map { Reason(reason: $0.reason, count: $0.count) }
        source.columns = preview.schema.fields.map { Column(name: $0.name, type: $0.type.description) }
        source.firstRows = preview.sample
        sources.append(source)
    }

    /// Adds a source that could not.
    mutating func add(_ error: PipelineError, of name: String) {
        hasProblem = true
        sources.append(Source(name: name, problem: error.description))
    }
}
