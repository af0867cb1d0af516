public import PipelineCore

/// SQL as DuckDB 1.5 speaks it.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
public struct DuckDBDialect: SQLDialect {
    /// The dialect; there is nothing to set.
    public init() {}

    public var name: String { "DuckDB" }

    public func type(_ type: DataType) -> String { type.duckDBName }

    public func localDate(_ timestamp: String, zone: String) -> String {
        "CAST(timezone(\(sqlLiteral(zone)), \(timestamp)) AS DATE)"
    }

    public func microseconds(_ timestamp: String) -> String { "epoch_us(\(timestamp))" }

    public func days(from start: String, to end: String) -> String { "date_diff('day', \(start), \(end))" }

    public func date(_ date: String, plusDays days: Int) -> String { "(\(date) + CAST(\(days) AS INTEGER))" }

    // Whether date_trunc gives a DATE or a TIMESTAMP depends on the version.
    public func monday(of date: String) -> String { "CAST(date_trunc('week', \(date)) AS DATE)" }

    public func eachDay(from first: String, through last: String) -> String {
        "CAST(unnest(generate_series(\(first), \(last), INTERVAL 1 DAY)) AS DATE)"
    }

    public func eachInteger(from first: String, through last: String) -> String {
        "unnest(generate_series(CAST(\(first) AS BIGINT), CAST(\(last) AS BIGINT)))"
    }

    public func matches(_ text: String, pattern: String) -> String {
        "regexp_matches(\(text), \(sqlLiteral(pattern)))"
    }

    public func firstGroup(of pattern: String, in text: String) -> String {
        "nullif(regexp_extract(\(text), \(sqlLiteral(pattern)), 1), '')"
    }

    // url_decode leaves malformed escapes alone, but fails on bytes that are not UTF-8.
    public func percentDecoded(_ text: String) -> String {
        "coalesce(try(url_decode(replace(\(text), '%00', ''))), \(text))"
    }

    public func sha256(_ text: String) -> String { "sha256(\(text))" }

    public func structure(_ members: KeyValuePairs<String, String>) -> String {
        "struct_pack(" + members.map { "\(sqlIdentifier($0.key)) := \($0.value)" }.joined(separator: ", ") + ")"
    }

    public func createTable(_ name: String, as query: String) -> String {
        "CREATE OR REPLACE TEMP TABLE \(name) AS\n\(query)"
    }

    public func createView(_ name: String, as query: String) -> String {
        "CREATE OR REPLACE TEMP VIEW \(name) AS\n\(query)"
    }
}
