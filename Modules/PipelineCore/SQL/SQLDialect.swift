/// Renders the few things that engines write differently; everything else we ship is SQL that all of them read alike.
///
/// Every helper takes SQL expressions and returns one, without surrounding spaces and safe to embed in a larger one.
/// NULL in gives NULL out unless a helper says otherwise. Regular expressions keep to what RE2 and Java read alike:
/// groups, alternation, classes, anchors, greedy and lazy repetition, `(?i)`; a literal dot is written `[.]`, because
/// engines differ in what a backslash in a text means. The implementation lives with the engine that speaks it.
public protocol SQLDialect: Sendable {
    /// The engine's name, for messages: `DuckDB`.
    var name: String { get }

    /// The engine's name of a type, for `CAST`.
    func type(_ type: DataType) -> String

    // MARK: Time

    /// The calendar day of a moment in a time zone with an IANA name; a DATE.
    func localDate(_ timestamp: String, zone: String) -> String
    /// Microseconds of a moment since 1970-01-01T00:00:00Z; a BIGINT.
    func microseconds(_ timestamp: String) -> String
    /// How many days `end` is after `start`, both DATE; an integer.
    func days(from start: String, to end: String) -> String
    /// The DATE a fixed number of days after a DATE.
    func date(_ date: String, plusDays days: Int) -> String
    /// The Monday of a DATE's ISO week; a DATE.
    func monday(of date: String) -> String

    // MARK: Rows from a range

    /// One row for each DATE from `first` to `last`, both included, none where either is NULL.
    ///
    /// Stands alone in a select list, beside plain columns: each row is repeated with every value.
    func eachDay(from first: String, through last: String) -> String
    /// One row for each BIGINT from `first` to `last`, both included, where `first` is not above `last`.
    ///
    /// Stands alone in a select list, beside plain columns: each row is repeated with every value.
    func eachInteger(from first: String, through last: String) -> String

    // MARK: Text

    /// Whether a pattern occurs in a text; a BOOLEAN.
    func matches(_ text: String, pattern: String) -> String
    /// What a pattern's first group caught in a text; NULL where it caught nothing.
    func firstGroup(of pattern: String, in text: String) -> String
    /// A text with its percent-escapes decoded as UTF-8; as it is where they are not valid UTF-8. Never fails, and
    /// brings no NUL character, which most databases refuse.
    func percentDecoded(_ text: String) -> String
    /// The SHA-256 of a text's UTF-8 bytes in 64 lower-case hexadecimal digits.
    func sha256(_ text: String) -> String

    // MARK: Structures

    /// A struct of named members. Structs compare member by member, in order; a member is read as `struct.member`.
    func structure(_ members: KeyValuePairs<String, String>) -> String

    // MARK: Statements

    /// The statement that keeps a query's rows for the rest of the session, replacing what had the name.
    func createTable(_ name: String, as query: String) -> String
    /// The statement that names a query for the rest of the session, replacing what had the name.
    func createView(_ name: String, as query: String) -> String
}

/// Quotes a name for SQL.
public func sqlIdentifier(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

/// Quotes a text for SQL.
public func sqlLiteral(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
