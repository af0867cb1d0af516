import PipelineCore

/// Nodes as a YAML parser would make them.
enum Sample {
    static func scalar(
        _ text: String,
        isQuoted: Bool = false,
        isReference: Bool = false,
        line: Int = 1,
        column: Int = 1
    ) -> ConfigurationNode {
        ConfigurationNode(
            .scalar(text, isQuoted: isQuoted, isReference: isReference),
            at: ConfigurationMark(line: line, column: column)
        )
    }

    /// A map whose keys stand at the beginning of a line each, with their values in column 10.
    static func map(_ entries: [(String, String)]) -> ConfigurationNode {
        let entries = entries.enumerated().map { index, entry in
            ConfigurationNode.Entry(
                key: entry.0,
                keyMark: ConfigurationMark(line: index + 1, column: 1),
                value: scalar(entry.1, line: index + 1, column: 10)
            )
        }
        return ConfigurationNode(.map(entries), at: ConfigurationMark(line: 1, column: 1))
    }

    /// A list whose values stand in one line from column 10 on.
    static func list(_ values: [String]) -> ConfigurationNode {
        let nodes = values.enumerated().map { scalar($1, column: 10 + $0) }
        return ConfigurationNode(.list(nodes), at: ConfigurationMark(line: 1, column: 9))
    }
}

/// What a type makes of a node, and what it says about it.
func reading<Value>(_ type: ConfigurationType<Value>, _ node: ConfigurationNode) -> (value: Value?, issues: [String]) {
    let issues = ConfigurationIssues()
    let value = type.parse(node, "key", issues)
    return (value, issues.all.map { $0.description(in: "f") })
}
