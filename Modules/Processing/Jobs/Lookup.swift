internal import PipelineCore

/// A table with one row per distinct value of an event column, made by a parser of ours.
///
/// Distinct values are few where events are many: so a parser runs once per value, and the engine joins.
struct Lookup {
    let definition: DatasetDefinition
    /// The column of the event log whose values are looked up.
    let column: String
    /// The lookup table's own name for it.
    let key: String
    /// The lookup table's column that tells which parser made a row.
    let versionColumn: String
    let version: String
    /// The row of a value, without key and version, in the order of the definition's columns.
    let parse: @Sendable (String) throws -> [String?]

    /// Parses the values that are not in the table yet, or that another version of the parser made, and publishes them.
    func update(from log: EngineTable, in context: JobContext) async throws {
        let existing = try await context.tables.snapshot(of: definition.name, at: nil)
        let (table, _) = try await context.input(definition)
        let file = "\(definition.name)-wanted.csv"
        let wanted = """
            SELECT DISTINCT \(column) AS value FROM event_log WHERE \(column) IS NOT NULL AND NOT EXISTS (
              SELECT 1 FROM \(definition.name) AS known WHERE known.\(key) = event_log.\(column) AND known.\(versionColumn) = \(sqlLiteral(version)))
            """
        let parsed = try await context.workspace.file(file)
        let count = try await context.engine.withRows(of: SQLText(wanted), over: [log, table]) { [self] _, rows in
            try await write(rows, to: parsed)
        }
        try await parsed.finish()
        guard count.rows > 0 || existing == nil else { return try await context.workspace.remove(file) }
        let storage = EngineTable.Storage.text(
            [parsed.path],
            delimiter: ",",
            quote: "\"",
            longest: count.longest,
            hasLineEnds: true
        )
        let new = EngineTable("parsed", schema: definition.schema, storage: storage)
        let columns = definition.schema.names.map(sqlIdentifier).joined(separator: ", ")
        let query = """
            SELECT \(columns) FROM parsed
            UNION ALL SELECT \(columns) FROM \(definition.name) AS known WHERE known.\(versionColumn) = \(sqlLiteral(version))
            """
        let step = EngineJob.Step.write(
            label: "rows",
            SQLText(query),
            into: try await context.tables.stage(definition.name, for: context.run),
            schema: definition.schema
        )
        let result = try await context.engine.run(
            EngineJob(name: "parsing \(definition.name)", inputs: [new, table], steps: [step])
        ) { _ in }
        _ = try await context.tables.commit(
            TableChange(
                definition: definition,
                mode: .replace,
                files: result.written["rows"]?.files ?? [],
                readVersion: existing?.version,
                run: context.run
            )
        )
        try await context.workspace.remove(file)
    }

    private func write(_ rows: RowStream, to file: any WorkspaceFile) async throws -> (rows: Int, longest: Int) {
        let value = DatasetDefinition(name: "wanted", summary: "", schema: Schema([Field("value", .varchar)]))
        var reader = CanonicalCSVReader(value)
        var longest = 0
        for try await chunk in rows {
            var bytes: [UInt8] = []
            var offset = 0
            while try reader.readRow(of: chunk.bytes.span, at: &offset) {
                var value: [UInt8] = []
                reader.fields[0].appendText(of: chunk.bytes.span, to: &value)
                let before = bytes.count
                try append(String(decoding: value, as: UTF8.self), to: &bytes)
                longest = max(longest, bytes.count - before)
            }
            try await file.append(bytes)
            try Task.checkCancellation()
        }
        return (reader.rowCount, longest)
    }

    private func append(_ value: String, to bytes: inout [UInt8]) throws {
        let fields = try [value] + parse(value) + [version]
        bytes += fields.map { $0.map { "\"\($0.replacing("\"", with: "\"\""))\"" } ?? "" }.joined(separator: ",").utf8
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension Lookup {
    /// User-agent headers.
    static func userAgents(_ parser: any UserAgentParser) -> Lookup {
        Lookup(
            definition: .userAgents,
            column: "user_agent",
            key: "user_agent",
            versionColumn: "parser_version",
            version: parser.version
        ) { header in
            let agent = try parser.parse(header)
            return [
                agent.deviceCategory, agent.deviceBrand, agent.deviceModel, agent.osName, agent.osVersion,
                agent.browserName,
                agent.browserVersion, agent.isBot ? "true" : "false",
            ]
        }
    }

    /// Network addresses; without a locator nothing is known of any.
    static func addresses(_ locator: (any AddressLocator)?) -> Lookup {
        Lookup(
            definition: .addresses,
            column: "ip",
            key: "ip",
            versionColumn: "database_version",
            version: locator?.version ?? "none"
        ) { address in
            let place = try locator?.locate(address)
            return [place?.country, place?.region, place?.city]
        }
    }
}
