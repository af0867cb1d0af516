internal import PipelineCore

/// How a dataset is laid out as a table of SQLite.
struct TableLayout {
    /// How the values of a column are stored.
    enum Storage {
        /// 0 and 1.
        case boolean
        case integer
        /// A floating-point number; NaN, which SQLite cannot store, becomes NULL.
        case real
        /// A number of at most 15 digits, which a floating-point number keeps exactly.
        case decimal
        /// `2026-11-21`.
        case date
        /// `2026-11-21 07:31:17.123` in UTC; six decimals where there are microseconds.
        case timestamp
        case text
    }

    let definition: DatasetDefinition
    let storages: [Storage]

    init(_ definition: DatasetDefinition) {
        self.definition = definition
        storages = definition.schema.fields.map { Self.storage(of: $0.type) }
    }

    /// The statement that makes the empty table under the given name.
    func creation(as table: String) -> String {
        var lines = definition.schema.fields.map { field in
            "\(sqlIdentifier(field.name)) \(Self.declaration(of: field.type))" + (isNotNull(field) ? " NOT NULL" : "")
        }
        if !primaryKey.isEmpty {
            lines.append("PRIMARY KEY (\(primaryKey.map(sqlIdentifier).joined(separator: ", ")))")
        }
        return "CREATE TABLE \(sqlIdentifier(table)) (\n  \(lines.joined(separator: ",\n  "))\n)"
    }

    /// The statement that adds a row, with a parameter for each column.
    func insertion(into table: String) -> String {
        let parameters = definition.schema.fields.map { _ in "?" }.joined(separator: ", ")
        return "INSERT INTO \(sqlIdentifier(table)) VALUES (\(parameters))"
    }

    /// The key if it can be the table's primary key: every column is there and never NULL.
    var primaryKey: [String] {
        let isValid = definition.key.allSatisfy { name in definition.schema[name].map(isNotNull) ?? false }
        return isValid ? definition.key : []
    }

    /// The columns that get an index; the primary key is one for its first column.
    var indexedColumns: [String] { definition.filterColumns.filter { $0 != primaryKey.first } }

    /// NaN is stored as NULL, so a floating-point column can hold NULL whatever the definition says.
    private func isNotNull(_ field: Field) -> Bool { !field.isNullable && field.type != .double }

    private static func storage(of type: DataType) -> Storage {
        switch type {
        case .boolean: .boolean
        case .integer, .bigint: .integer
        case .double: .real
        case .decimal(let precision, 0) where precision <= 18: .integer
        case .decimal(let precision, _) where precision <= 15: .decimal
        case .decimal, .varchar, .list, .structure: .text
        case .date: .date
        case .timestamptz: .timestamp
        }
    }

    /// The declared type; it tells BI tools what to expect and gives SQLite the right affinity.
    private static func declaration(of type: DataType) -> String {
        switch storage(of: type) {
        case .boolean: "BOOLEAN"
        case .integer: type == .integer ? "INTEGER" : "BIGINT"
        case .real: "REAL"
        case .decimal: type.description
        case .date: "DATE"
        case .timestamp: "TIMESTAMP"
        case .text: "TEXT"
        }
    }
}
