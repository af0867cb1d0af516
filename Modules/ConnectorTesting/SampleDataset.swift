internal import PipelineCore

/// A dataset with its rows as text.
struct SampleDataset: Sendable {
    let definition: DatasetDefinition
    let rows: [[String?]]
    let chunks: [RowChunk]

    init(_ definition: DatasetDefinition, rows: [[String?]], perChunk: Int = 3) {
        self.definition = definition
        self.rows = rows
        chunks = stride(from: 0, to: rows.count, by: perChunk).map { start in
            var writer = CanonicalCSVWriter()
            for row in rows[start..<min(start + perChunk, rows.count)] { writer.append(row: row) }
            return writer.takeChunk()
        }
    }

    /// The dataset as a reader shows it.
    func published(_ shown: (Field, String) -> String?) -> PublishedDataset {
        PublishedDataset(
            columns: definition.schema.names,
            rows: rows.map { row in
                zip(definition.schema.fields, row).map { field, value in value.flatMap { shown(field, $0) } }
            }
        )
    }
}
