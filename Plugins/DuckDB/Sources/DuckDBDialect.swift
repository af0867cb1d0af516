public import PipelineCore

/// SQL as DuckDB writes it.
public struct DuckDBDialect: SQLDialect {
    public var name: String { "DuckDB" }
    public init() {}
}
