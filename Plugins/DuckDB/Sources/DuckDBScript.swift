internal import PipelineCore

/// The statements around a job: limits, the sandbox, and the inputs under their names.
struct DuckDBScript {
    let configuration: DuckDBConfiguration
    let temporaryDirectory: String

    /// Sets the limits, opens exactly the given paths and locks the door behind us.
    ///
    /// `.safe_mode` turns external access off and locks the configuration, and ends the program's own commands that
    /// could start others; after it, only the allowed paths can be reached.
    func prelude(reading inputs: [String], writing outputs: [String]) -> String {
        var settings = [
            "SET TimeZone = 'UTC'", "SET preserve_insertion_order = false",
            "SET temp_directory = \(sqlLiteral(temporaryDirectory))",
            "SET autoinstall_known_extensions = false", "SET autoload_known_extensions = false",
            "SET allowed_directories = \(list(outputs + [temporaryDirectory]))",
            "SET allowed_paths = \(list(inputs + outputs + ["/dev/stdout"]))",
        ]
        if let memory = configuration.memory { settings.append("SET memory_limit = '\(memory)B'") }
        if let threads = configuration.threads { settings.append("SET threads = \(threads)") }
        if let disk = configuration.disk { settings.append("SET max_temp_directory_size = '\(disk)B'") }
        return settings.map { $0 + ";\n" }.joined() + ".safe_mode\nSELECT version() AS version"
    }

    /// Gives an input its name.
    func view(of table: EngineTable, in session: DuckDBSession) async throws -> String {
        "CREATE VIEW \(sqlIdentifier(table.name.rawValue)) AS SELECT " + (try await selection(of: table, in: session))
    }

    private func selection(of table: EngineTable, in session: DuckDBSession) async throws -> String {
        let columns = table.schema.fields.map { sqlIdentifier($0.name) }.joined(separator: ", ")
        guard !table.paths.isEmpty else {
            let nulls = table.schema.fields.map { "CAST(NULL AS \($0.type.duckDBName)) AS \(sqlIdentifier($0.name))" }
            return nulls.joined(separator: ", ") + " WHERE false"
        }
        switch table.storage {
        case .parquet(let paths):
            // Files from before a column was added lack it; by name, such rows read NULL.
            return
                "\(columns) FROM read_parquet(\(list(paths)), union_by_name = \(paths.count > 1), hive_partitioning = false)"
        case .numberedParquet(let path, let position):
            return try await ParquetColumns(of: path, in: session).selection(of: table, from: path, position: position)
        case .text(let paths, let delimiter, let quote, let longest, let hasLineEnds):
            let types = table.schema.fields.map { "\(sqlLiteral($0.name)): \(sqlLiteral($0.type.duckDBName))" }
            let quoting = sqlLiteral(quote ?? "")
            let line = max(longest + 1024, 1 << 21)
            return
                "\(columns) FROM read_csv(\(list(paths)), auto_detect = false, header = false, delim = \(sqlLiteral(delimiter)), "
                + "quote = \(quoting), escape = \(quoting), nullstr = '', allow_quoted_nulls = false, new_line = '\\n', "
                + "comment = '', max_line_size = \(line), buffer_size = \(max(2 * line, 1 << 25)), parallel = \(!hasLineEnds), columns = {\(types.joined(separator: ", "))})"
        }
    }

    private func list(_ paths: [String]) -> String { "[" + paths.map(sqlLiteral).joined(separator: ", ") + "]" }
}

extension EngineTable {
    var paths: [String] {
        switch storage {
        case .parquet(let paths), .text(let paths, _, _, _, _): paths
        case .numberedParquet(let path, _): [path]
        }
    }
}
