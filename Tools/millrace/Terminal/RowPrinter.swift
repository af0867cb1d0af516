import PipelineCore

#if canImport(Glibc)
import Glibc
#endif

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
        writeAll(
            Array((definition.schema.names.map(quotedIfNeeded).joined(separator: ",") + "\n").utf8),
            to: STDOUT_FILENO
        )
        for try await chunk in rows { writeAll(chunk.bytes, to: STDOUT_FILENO) }
    }

    private func quotedIfNeeded(_ name: String) -> String {
        name.contains { ",\"\n".contains($0) } ? "\"\(name.replacing("\"", with: "\"\""))\"" : name
    }

    private func printJSON(_ rows: RowStream) async throws {
        if format == .json { writeAll(Array("[".utf8), to: STDOUT_FILENO) }
        var isFirst = true
        try await forEachRow(rows) { values in
            let members = zip(definition.schema.fields, values).map { "\(jsonText($0.name)):\(json($1, $0.type))" }
            let start = format == .json ? (isFirst ? "\n" : ",\n") : ""
            isFirst = false
            return start + "{" + members.joined(separator: ",") + "}" + (format == .json ? "" : "\n")
        }
        if format == .json { writeAll(Array("\n]\n".utf8), to: STDOUT_FILENO) }
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
            if !text.isEmpty { writeAll(Array(text.utf8), to: STDOUT_FILENO) }
        }
    }

    private func json(_ value: String?, _ type: DataType) -> String {
        guard let value else { return "null" }
        switch type {
        case .boolean, .integer, .bigint: return value
        case .double, .decimal: return Double(value)?.isFinite == true ? value : jsonText(value)
        default: return jsonText(value)
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
