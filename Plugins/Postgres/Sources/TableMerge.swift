internal import PipelineCore

/// Brings loaded rows into a table that is there already, within a transaction.
///
/// Rows are deleted and inserted, not truncated, and the table is never made anew: whoever reads meanwhile sees the old rows
/// and waits for nothing, unless columns change.
struct TableMerge {
    private let layout: TableLayout
    private let mode: LoadMode
    private let load: String
    private let target: String

    init(_ layout: TableLayout, _ mode: LoadMode, from load: String, into target: String) {
        self.layout = layout
        self.mode = mode
        self.load = load
        self.target = target
    }

    func run(_ connection: PostgresConnection) async throws {
        if let deletion { try await connection.run(deletion) }
        let oldKey = try await primaryKey(connection)
        let changes = try await self.changes(connection)
        let keyChanges = oldKey.columns != layout.primaryKey
        if keyChanges, let name = oldKey.name {
            try await connection.run("ALTER TABLE \(target) DROP CONSTRAINT \(sqlIdentifier(name))")
        }
        if !changes.isEmpty { try await connection.run("ALTER TABLE \(target) " + changes.joined(separator: ", ")) }
        try await connection.run(insertion)
        if keyChanges, !layout.primaryKey.isEmpty {
            try await connection.run("ALTER TABLE \(target) ADD PRIMARY KEY (\(TableLayout.list(layout.primaryKey)))")
        }
        try await connection.run("ANALYZE \(target)")
    }

    // MARK: Rows

    private var deletion: String? {
        switch mode {
        case .replace: "DELETE FROM \(target)"
        case .append: nil
        case .upsert: "DELETE FROM \(target) AS old USING \(load) AS new WHERE \(sameKey)"
        case .partition:
            layout.day.map(sqlIdentifier).map { day in
                """
                DELETE FROM \(target) WHERE \(day) IN (SELECT \(day) FROM \(load))
                  OR \(day) IS NULL AND EXISTS (SELECT FROM \(load) WHERE \(day) IS NULL)
                """
            }
        }
    }

    private var insertion: String {
        let columns = layout.columnNames
        let insertion = "INSERT INTO \(target) (\(columns)) SELECT \(columns) FROM \(load) AS new"
        return mode == .append
            ? insertion + " WHERE NOT EXISTS (SELECT FROM \(target) AS old WHERE \(sameKey))" : insertion
    }

    private var sameKey: String {
        let key = layout.definition.key.map(sqlIdentifier)
        if !layout.primaryKey.isEmpty { return key.map { "old.\($0) = new.\($0)" }.joined(separator: " AND ") }
        // As texts rows can be hashed, and NULL equals NULL.
        let row = { (table: String) in "ROW(\(key.map { "\(table).\($0)" }.joined(separator: ", ")))::text" }
        return "\(row("old")) = \(row("new"))"
    }

    // MARK: Columns

    /// What `ALTER TABLE` has to do; throws `schemaMismatch` where older rows would not fit.
    private func changes(_ connection: PostgresConnection) async throws -> [String] {
        let existing = try await columns(connection)
        var changes: [String] = []
        for field in layout.definition.schema.fields {
            if let column = existing.first(where: { $0.name == field.name }) {
                changes += try self.changes(of: column, to: field)
            } else {
                changes.append("ADD COLUMN \(declaration(field))")
            }
        }
        for column in existing where layout.definition.schema[column.name] == nil {
            guard mode == .replace else { throw refusal("the column '\(column.name)' is gone") }
            changes.append("DROP COLUMN \(sqlIdentifier(column.name))")
        }
        return changes
    }

    private func changes(of column: ExistingColumn, to field: Field) throws -> [String] {
        let name = sqlIdentifier(field.name)
        let type = TableLayout.type(field.type)
        var changes: [String] = []
        if !column.widens(to: type) {
            guard mode == .replace else {
                throw refusal("the column '\(field.name)' was \(column.type) and is \(type) now")
            }
            return ["DROP COLUMN \(name)", "ADD COLUMN \(declaration(field))"]
        }
        if column.type != type { changes.append("ALTER COLUMN \(name) TYPE \(type)") }
        if column.isNotNull, field.isNullable { changes.append("ALTER COLUMN \(name) DROP NOT NULL") }
        if !column.isNotNull, !field.isNullable, mode == .replace {
            changes.append("ALTER COLUMN \(name) SET NOT NULL")
        }
        return changes
    }

    /// Older rows that stay have no value for a new column.
    private func declaration(_ field: Field) -> String {
        var field = field
        if mode != .replace { field.isNullable = true }
        return TableLayout.declaration(field)
    }

    private func refusal(_ change: String) -> PipelineError {
        PipelineError(
            .schemaMismatch,
            "\(change), and older rows stay in `mode: \(mode.rawValue)`",
            while: "publishing '\(layout.definition.name)' to Postgres",
            hint: "drop the table, and the next delivery makes it anew; or choose `mode: replace`"
        )
    }

    private func columns(_ connection: PostgresConnection) async throws -> [ExistingColumn] {
        let rows = try await connection.run(
            """
            SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
            WHERE attrelid = to_regclass(\(sqlLiteral(target))) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """
        )
        return rows.map { ExistingColumn(name: $0[0] ?? "", type: $0[1] ?? "", isNotNull: $0[2] == "t") }
    }

    private func primaryKey(_ connection: PostgresConnection) async throws -> (name: String?, columns: [String]) {
        let rows = try await connection.run(
            """
            SELECT conname, attname FROM pg_constraint CROSS JOIN unnest(conkey) WITH ORDINALITY AS part (number, position)
              JOIN pg_attribute ON attrelid = conrelid AND attnum = number
            WHERE contype = 'p' AND conrelid = to_regclass(\(sqlLiteral(target))) ORDER BY position
            """
        )
        return (rows.first?[0], rows.compactMap { $0[1] })
    }
}
