/// Renders the few things that engines write differently; everything else we ship is SQL that all of them read alike.
///
/// Every helper takes SQL expressions and returns one. The implementation lives with the engine that speaks it.
public protocol SQLDialect: Sendable {
    /// The engine's name, for messages: `DuckDB`.
    var name: String { get }
}

/// Quotes a name for SQL.
public func sqlIdentifier(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

/// Quotes a text for SQL.
public func sqlLiteral(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
