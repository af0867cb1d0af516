internal import PipelineCore

/// A version of a table as an export hands it over: only the columns that are for people, nested ones as JSON text.
struct ExportedDataset {
    /// What the sink is told; its columns are those that ``query`` returns.
    let definition: DatasetDefinition
    /// The rows in the order of the key; in any order where there is none.
    let query: SQLText
    let table: EngineTable
    let rowCount: Int64

    init(_ snapshot: TableSnapshot) {
        let name = snapshot.definition.name
        let fields = Self.columnsForPeople(of: snapshot.definition.schema)
        let key = snapshot.definition.key
        definition = DatasetDefinition(
            name: name,
            summary: snapshot.definition.summary,
            schema: Schema(fields.map(Self.delivered)),
            key: key.allSatisfy { name in fields.contains { $0.name == name } } ? key : []
        )
        let columns = fields.map(Self.expression).joined(separator: ", ")
        let order = key.map { sqlIdentifier($0) + " NULLS LAST" }.joined(separator: ", ")
        query = SQLText(
            "SELECT \(columns) FROM \(sqlIdentifier(name.rawValue))" + (key.isEmpty ? "" : " ORDER BY \(order)")
        )
        table = EngineTable(
            name,
            schema: snapshot.definition.schema,
            storage: .parquet(snapshot.files.map(\.path))
        )
        rowCount = snapshot.rowCount
    }

    /// All but those that say where a row came from, which are ours; a table of nothing else keeps them.
    private static func columnsForPeople(of schema: Schema) -> [Field] {
        let ours = EventLog.provenance.map(\.name)
        let fields = schema.fields.filter { !ours.contains($0.name) }
        return fields.isEmpty ? schema.fields : fields
    }

    /// No BI tool reads lists or structs from a text file, and few from a database: they leave as JSON text.
    private static func delivered(_ field: Field) -> Field {
        guard field.isNested else { return field }
        var text = field
        text.type = .varchar
        text.description += field.description.isEmpty ? "JSON text" : " (JSON text)"
        return text
    }

    private static func expression(_ field: Field) -> String {
        let column = sqlIdentifier(field.name)
        // The concatenation makes text of DuckDB's JSON type and keeps NULL, in every dialect.
        return field.isNested ? "to_json(\(column)) || '' AS \(column)" : column
    }
}

extension Field {
    fileprivate var isNested: Bool {
        switch type {
        case .list, .structure: true
        default: false
        }
    }
}
