internal import PipelineCore

/// How a dataset is laid out as a table of Postgres.
struct TableLayout {
    let definition: DatasetDefinition

    init(_ definition: DatasetDefinition) { self.definition = definition }

    /// The columns with their types, as `CREATE TABLE` and a column list write them.
    var declarations: String {
        definition.schema.fields.map(Self.declaration).joined(separator: ", ")
    }

    var columnNames: String { Self.list(definition.schema.names) }

    /// The key if it can be the table's primary key: every column is there and never NULL.
    var primaryKey: [String] {
        definition.key.allSatisfy { definition.schema[$0]?.isNullable == false } ? definition.key : []
    }

    /// The columns that get an index; the primary key is one for its first column.
    var indexedColumns: [String] { definition.filterColumns.filter { $0 != primaryKey.first } }

    /// The column that partitions are days of.
    var day: String? { definition.schema.fields.first { $0.type == .date }?.name }

    static func declaration(_ field: Field) -> String {
        "\(sqlIdentifier(field.name)) \(type(field.type))" + (field.isNullable ? "" : " NOT NULL")
    }

    static func list(_ columns: [String]) -> String { columns.map(sqlIdentifier).joined(separator: ", ") }

    /// As `format_type` of Postgres spells it.
    static func type(_ type: DataType) -> String {
        switch type {
        case .boolean: "boolean"
        case .integer: "integer"
        case .bigint: "bigint"
        case .double: "double precision"
        case .decimal(let precision, let scale): "numeric(\(precision),\(scale))"
        case .varchar: "text"
        case .date: "date"
        case .timestamptz: "timestamp with time zone"
        case .list, .structure: "jsonb"
        }
    }
}

/// A column that a table has already.
struct ExistingColumn: Equatable {
    let name: String
    let type: String
    let isNotNull: Bool

    /// Whether every value of the column is one of the other type too.
    func widens(to wanted: String) -> Bool {
        if type == wanted { return true }
        let numbers = ["integer", "bigint", "numeric"]
        guard let from = numbers.firstIndex(of: base(type)), let to = numbers.firstIndex(of: base(wanted)), from <= to
        else { return wanted == "text" && type != "jsonb" }
        let (have, need) = (digits(type), digits(wanted))
        return to < 2 || (need.whole >= have.whole && need.fraction >= have.fraction)
    }

    private func base(_ type: String) -> String { String(type.prefix { $0 != "(" }) }

    private func digits(_ type: String) -> (whole: Int, fraction: Int) {
        switch type {
        case "integer": return (10, 0)
        case "bigint": return (19, 0)
        default:
            let parts = type.drop { $0 != "(" }.dropFirst().dropLast().split(separator: ",").compactMap { Int($0) }
            return parts.count == 2 ? (parts[0] - parts[1], parts[1]) : (.max, .max)
        }
    }
}
