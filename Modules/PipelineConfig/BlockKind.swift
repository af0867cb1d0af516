public import PipelineCore

/// What one word at `use:` makes of a block.
public struct BlockKind<Value: Sendable>: Sendable {
    /// The word.
    public let name: String
    /// One sentence for help and for the config's JSON Schema.
    public let summary: String
    let read: @Sendable (ConfigurationBlock) -> (value: Value, tables: TableUse)

    /// A kind of block.
    ///
    /// `read` reads the block's keys, without `finish()`; `tables` tells what the block does to tables.
    public init(
        name: String,
        summary: String,
        tables: @escaping @Sendable (Value) -> TableUse = { _ in TableUse() },
        read: @escaping @Sendable (ConfigurationBlock) -> Value
    ) {
        self.init(name: name, summary: summary) { block in
            let value = read(block)
            return (value, tables(value))
        }
    }

    /// A connector's block; `read` reads the keys that follow the connector's own and joins both.
    public init<Part>(
        _ connector: Connector<Part>,
        tables: @escaping @Sendable (Value) -> TableUse = { _ in TableUse() },
        read: @escaping @Sendable (ConfigurationBlock, @escaping Connector<Part>.Build) -> Value
    ) {
        self.init(name: connector.name, summary: connector.summary, tables: tables) { block in
            read(block, connector.configure(block))
        }
    }

    private init(
        name: String,
        summary: String,
        reading: @escaping @Sendable (ConfigurationBlock) -> (value: Value, tables: TableUse)
    ) {
        self.name = name
        self.summary = summary
        read = reading
    }

    /// The same kind of block with further keys.
    func adding<Other>(_ more: @escaping @Sendable (ConfigurationBlock, Value) -> Other) -> BlockKind<Other> {
        BlockKind<Other>(name: name, summary: summary) { [read] block in
            let (value, tables) = read(block)
            return (more(block, value), tables)
        }
    }
}

extension BlockKind {
    /// A block that holds a connector's keys and nothing else.
    init<Part>(_ connector: Connector<Part>) where Value == Connector<Part>.Build {
        self.init(connector) { _, build in build }
    }
}
