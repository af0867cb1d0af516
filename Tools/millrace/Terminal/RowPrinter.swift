import PipelineCore

/// Prints the rows of a query as they come.
struct RowPrinter {
    private let definition: DatasetDefinition
    private let format: SQLCommand.Format
    /// A table for people is cut here: widths need all rows in memory.
    private static let longestTable = 1000

    init(_ schema: Schema, format: SQLCommand.Format) {
        definition = DatasetDefinition(name: "query", summary: "", schema: schema)
        self.format = format
    }

    /// Prints rows as they come; returns the table where one is wanted, since its widths need all rows.
    func print(_ rows: RowStream) async throws -> String? {
        switch format {
        case .csv: try await printCSV(rows)
        case .json, .ndjson: try await printJSON(rows)
        case .table: return try await table(rows)
        }
        return nil
    }

    private func printCSV(_ rows: RowStream) async throws {
        try standardOutput(Array((definition.schema.names.map(quotedIfNeeded).joined(separator: ",") + "\n").utf8))
        for try await chunk in rows { try standardOutput(chunk.bytes) }
    }

    private func quotedIfNeeded(_ name: String) -> String {
        name.contains { ",\"\n".contains($0) } ? "\"\(name.replacing("\"", with: "\"\""))\"" : name
    }

    private func printJSON(_ rows: RowStream) async throws {
        if format == .json { try standardOutput(Array("[".utf8)) }
        var isFirst = true
        try await forEachRow(rows) { values in
            let members = zip(definition.schema.fields, values).map { "\(jsonText($0.name)):\(json($1, $0.type))" }
            let start = format == .json ? (isFirst ? "\n" : ",\n") : ""
            isFirst = false
            return start + "{" + members.joined(separator: ",") + "}" + (format == .json ? "" : "\n")
        }
        if format == .json { try standardOutput(Array("\n]\n".utf8)) }
    }

    private func table(_ rows: RowStream) async throws -> String {
        var table = TextTable(definition.schema.names.map(\.onOneLine))
        var count = 0
        try await forEachRow(rows) { values in
            count += 1
            if count <= Self.longestTable { table.add(values.map { $0?.onOneLine ?? "NULL" }) }
            return nil
        }
        let more = count - Self.longestTable
        return table.text + (more > 0 ? "\n… \(counted(more, "more row")); --format csv prints all" : "")
    }

    /// Decodes each row and prints what `render` makes of it.
    private func forEachRow(_ rows: RowStream, _ render: ([String?]) -> String?) async throws {
        var reader = CanonicalCSVReader(definition)
        for try await chunk in rows {
            var text = ""
            var offset = 0
            while try reader.readRow(of: chunk.bytes.span, at: &offset) {
                let values = reader.fields.map { field -> String? in
                    guard !field.isNull else { return nil }
                    var bytes: [UInt8] = []
                    field.appendText(of: chunk.bytes.span, to: &bytes)
                    return String(decoding: bytes, as: UTF8.self)
                }
                text += render(values) ?? ""
            }
            if !text.isEmpty { try standardOutput(Array(text.utf8)) }
        }
    }

    private func json(_ value: String?, _ type: DataType) -> String {
        guard let value else { return "null" }
        return switch type {
        case .boolean, .integer, .bigint: value
        case .double, .decimal: Double(value)?.isFinite == true ? value : jsonText(Self.notFinite[value] ?? value)
        case .list, .structure: valid(value)
        default: jsonText(value)
        }
    }

    /// What JSON has no numbers for, by DuckDB's words for it in text; they become texts, as in Protocol Buffers' JSON.
    private static let notFinite = ["nan": "NaN", "-nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"]

    /// A nested value, in which the engine writes numbers that JSON does not have as bare words.
    private func valid(_ value: String) -> String {
        guard value.contains("NaN") || value.contains("Infinity") else { return value }
        // A text, taken as it is, or one of the words.
        return value.replacing(#/"(?:[^"\\]|\\.)*"|-?NaN|-?Infinity/#) { match in
            let found = String(match.output)
            return found.hasPrefix("\"") ? found : jsonText(found.hasSuffix("NaN") ? "NaN" : found)
        }
    }

    private func jsonText(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 32:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
