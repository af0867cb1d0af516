internal import PipelineCore

/// One delivery into a schema: a transaction, in which tables are loaded and then changed.
///
/// What is new is loaded into the table that it becomes, which nobody sees before the commit; what is there already is loaded
/// into a temporary table and takes its place at the commit. Either goes with the connection.
actor PostgresDelivery: SinkDelivery {
    private struct Staged {
        let layout: TableLayout
        let rows: Int
        /// The temporary table that holds the rows; nil where the table itself does.
        let load: String?
    }

    private let options: PostgresOptions
    private let header: DeliveryHeader
    private let catalog: Catalog
    private var connection: PostgresConnection?
    private var staged: [Staged] = []
    private var removed: Set<DatasetName> = []
    private var loads = 0

    init(_ options: PostgresOptions, _ header: DeliveryHeader, _ connection: PostgresConnection) {
        self.options = options
        self.header = header
        self.connection = connection
        catalog = Catalog(options.schema)
    }

    func begin() async throws {
        let connection = try opened()
        let schema = sqlLiteral(options.schema)
        try await connection.run(
            "BEGIN; SELECT pg_advisory_xact_lock(hashtext('millrace'), hashtext(\(schema)))"
        )
        // `IF NOT EXISTS` alone would ask for the right to make it, also where it is there.
        if try await connection.run("SELECT FROM pg_namespace WHERE nspname = \(schema)").isEmpty {
            try await connection.run("CREATE SCHEMA \(sqlIdentifier(options.schema))")
        }
        try await catalog.create(connection)
    }

    private func opened() throws -> PostgresConnection {
        guard let connection else {
            throw PipelineError(.internalError, "the delivery is over", while: "delivering to Postgres")
        }
        return connection
    }

    private func qualified(_ table: String) -> String { "\(sqlIdentifier(options.schema)).\(sqlIdentifier(table))" }

    // MARK: - Stage

    func stage(_ definition: DatasetDefinition, rows: RowStream) async throws -> Int {
        let operation = "loading '\(definition.name)' into Postgres"
        return try await postgresErrors(while: operation) {
            let connection = try opened()
            let layout = TableLayout(definition)
            try check(layout, while: operation)
            try await unstage(definition.name, connection)
            let target = qualified(definition.name.rawValue)
            let load = try await owns(definition.name, connection) ? nextLoad() : nil
            let creation = load.map { "CREATE TEMPORARY TABLE \($0)" } ?? "CREATE TABLE \(target)"
            let ending = load == nil ? "" : " ON COMMIT DROP"
            try await connection.run("\(creation) (\(layout.declarations))\(ending)")
            let table = load.map { "pg_temp.\($0)" } ?? target
            let count = try await connection.copy(
                "COPY \(table) (\(layout.columnNames)) FROM STDIN (FORMAT csv)",
                rows,
                columnCount: definition.schema.fields.count
            )
            if load == nil { try await addIndexes(layout, to: target, connection) }
            try await connection.run("ANALYZE \(table)")
            staged.append(Staged(layout: layout, rows: count, load: load))
            return count
        }
    }

    private func nextLoad() -> String {
        loads += 1
        return "_millrace_load_\(loads)"
    }

    private func check(_ layout: TableLayout, while operation: String) throws {
        let definition = layout.definition
        let refuse = { (message: String, hint: String?) in
            PipelineError(.invalidConfiguration, message, while: operation, hint: hint)
        }
        guard definition.name.isValid, !definition.name.rawValue.hasPrefix(Catalog.table) else {
            throw refuse("no table may be named '\(definition.name)'", nil)
        }
        let elsewhere = "choose `mode: replace` for it, by `modes: { \(definition.name): replace }`"
        switch options.mode(of: definition.name) {
        case .replace: break
        case .append, .upsert:
            if definition.key.isEmpty { throw refuse("nothing identifies a row of '\(definition.name)'", elsewhere) }
        case .partition:
            if layout.day == nil { throw refuse("'\(definition.name)' has no column of type DATE", elsewhere) }
        }
    }

    /// Forgets an earlier staging of the dataset in this delivery.
    private func unstage(_ dataset: DatasetName, _ connection: PostgresConnection) async throws {
        guard let index = staged.firstIndex(where: { $0.layout.definition.name == dataset }) else { return }
        let old = staged.remove(at: index)
        try await connection.run("DROP TABLE \(old.load.map { "pg_temp.\($0)" } ?? qualified(dataset.rawValue))")
    }

    /// Whether a table of this name was delivered by us; throws `conflict` where the name is somebody else's.
    private func owns(_ dataset: DatasetName, _ connection: PostgresConnection) async throws -> Bool {
        let name = sqlLiteral(qualified(dataset.rawValue))
        let found = try await connection.run("SELECT relkind FROM pg_class WHERE oid = to_regclass(\(name))")
        guard let kind = found.first?.first else { return false }
        if kind == "r" || kind == "p", try await catalog.knows(dataset, connection) { return true }
        throw PipelineError(
            .conflict,
            "the schema has something named '\(dataset)' that was not delivered by an export",
            while: "delivering '\(dataset)' to Postgres",
            hint: "rename it, or export to another schema"
        )
    }

    private func addIndexes(_ layout: TableLayout, to table: String, _ connection: PostgresConnection) async throws {
        if !layout.primaryKey.isEmpty {
            try await connection.run("ALTER TABLE \(table) ADD PRIMARY KEY (\(TableLayout.list(layout.primaryKey)))")
        }
        for column in layout.indexedColumns {
            try await connection.run("CREATE INDEX ON \(table) (\(sqlIdentifier(column)))")
        }
    }

    // MARK: - Commit and abort

    func remove(_ dataset: DatasetName) { removed.insert(dataset) }

    func commit() async throws {
        try await postgresErrors(while: "publishing to Postgres") {
            let connection = try opened()
            for dataset in staged { try await publish(dataset, connection) }
            for dataset in removed.subtracting(staged.map(\.layout.definition.name)) {
                guard try await catalog.forget(dataset, of: header.pipeline, connection) else { continue }
                try await connection.run("DROP TABLE IF EXISTS \(qualified(dataset.rawValue))")
            }
            // Of a transaction that has failed, COMMIT says nothing, and undoes it.
            try await connection.run("SELECT")
            try await connection.run("COMMIT")
            self.connection = nil
        }
    }

    private func publish(_ dataset: Staged, _ connection: PostgresConnection) async throws {
        let definition = dataset.layout.definition
        let target = qualified(definition.name.rawValue)
        var count = dataset.rows
        if let load = dataset.load {
            let mode = options.mode(of: definition.name)
            let merge = TableMerge(dataset.layout, mode, from: "pg_temp.\(load)", into: target)
            try await merge.run(connection)
            if mode != .replace { count = try await rowCount(of: target, connection) }
        }
        try await connection.run(comments(dataset.layout, on: target))
        try await catalog.record(definition, rows: count, header, connection)
    }

    private func rowCount(of table: String, _ connection: PostgresConnection) async throws -> Int {
        try await connection.run("SELECT count(*) FROM \(table)").first?.first?.flatMap { Int($0) } ?? 0
    }

    private func comments(_ layout: TableLayout, on table: String) -> String {
        let columns = layout.definition.schema.fields.map {
            "COMMENT ON COLUMN \(table).\(sqlIdentifier($0.name)) IS \(sqlLiteral($0.description))"
        }
        return (["COMMENT ON TABLE \(table) IS \(sqlLiteral(layout.definition.summary))"] + columns)
            .joined(separator: "; ")
    }

    func abort() async {
        // A connection that is dropped is rolled back too, though somewhat later.
        _ = try? await connection?.run("ROLLBACK")
        connection = nil
    }
}
