/// How a source's files hold their records.
public enum RecordFormat: String, Sendable, CaseIterable {
    case csv, ndjson, json, parquet, lines

    /// The format that a file's name suggests, compression aside; nil where it suggests none.
    static func suggested(by path: String) -> RecordFormat? {
        let name = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
        let suffixes: [(String, RecordFormat)] = [
            (".csv", .csv), (".tsv", .csv), (".ndjson", .ndjson), (".jsonl", .ndjson), (".json", .json),
            (".parquet", .parquet), (".log", .lines),
        ]
        return suffixes.first { name.lowercased().hasSuffix($0.0) }?.1
    }

    /// Whether a file of the format may be written while it is read, and continued later.
    var canGrow: Bool { self == .csv || self == .ndjson || self == .lines }
}
