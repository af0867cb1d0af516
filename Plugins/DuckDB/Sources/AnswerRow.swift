internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A row of an answer whose columns were all cast to text.
struct AnswerRow: Decodable {
    let values: [String: String?]

    init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: String?].self)
    }

    static func decode(_ lines: [[UInt8]]) throws -> [[String: String?]] {
        try lines.map { try JSONDecoder().decode(AnswerRow.self, from: Data($0)).values }
    }
}

/// What `COPY … (RETURN_STATS)` says about one file.
struct FileAnswer: Decodable {
    struct Column: Decodable {
        let min: String?
        let max: String?
        let null_count: String?
        let has_nan: String?
    }
    let filename: String
    let count: String
    let file_size_bytes: String
    let column_statistics: [String: Column]?

    /// The file as the lake knows it; columns inside lists and structs have no statistics of their own there.
    func stagedFile() throws -> StagedFile {
        guard let rows = Int64(count), let size = Int64(file_size_bytes) else {
            throw PipelineError(
                .internalError,
                "a count is no number",
                while: "reading what DuckDB wrote to \(filename)"
            )
        }
        var statistics: [String: ColumnStatistics] = [:]
        for (name, column) in column_statistics ?? [:] {
            guard let top = Self.topLevelName(name) else { continue }
            statistics[top] = ColumnStatistics(
                minimum: column.min,
                maximum: column.has_nan == "true" ? "nan" : column.max,
                nullCount: column.null_count.flatMap { Int64($0) }
            )
        }
        return StagedFile(path: filename, size: size, rowCount: rows, statistics: statistics)
    }

    /// `"a b"` → `a b`; nil for a path such as `"a"."element"`.
    private static func topLevelName(_ quoted: String) -> String? {
        guard quoted.hasPrefix("\""), quoted.hasSuffix("\""), quoted.count >= 2 else { return nil }
        let inner = String(quoted.dropFirst().dropLast())
        let unescaped = inner.replacing("\"\"", with: "\u{0}")
        return unescaped.contains("\"") ? nil : unescaped.replacing("\u{0}", with: "\"")
    }
}
