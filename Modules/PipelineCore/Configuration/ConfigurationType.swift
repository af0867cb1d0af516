/// How one kind of value is read from the config file, and how the file's JSON Schema describes it.
public struct ConfigurationType<Value: Sendable>: Sendable {
    public let schema: ConfigurationSchema
    /// Stands in where the value is wrong or missing; never used, since the config is then refused.
    public let placeholder: Value
    /// A value as a person would write it, for hints.
    public let example: String
    /// Reads a node; on a problem adds an issue for `path` and returns nil.
    public let parse: @Sendable (_ node: ConfigurationNode, _ path: String, _ issues: ConfigurationIssues) -> Value?

    public init(
        schema: ConfigurationSchema, placeholder: Value, example: String,
        parse: @escaping @Sendable (ConfigurationNode, String, ConfigurationIssues) -> Value?
    ) {
        self.schema = schema
        self.placeholder = placeholder
        self.example = example
        self.parse = parse
    }

    /// A type whose values are written as one scalar.
    ///
    /// - Parameter read: nil means that the text is not such a value.
    public static func scalar(
        _ schema: ConfigurationSchema, placeholder: Value, example: String, expected: String,
        read: @escaping @Sendable (String) -> Value?
    ) -> ConfigurationType {
        ConfigurationType(schema: schema, placeholder: placeholder, example: example) { node, path, issues in
            guard case .scalar(let text, _, let isReference) = node.value else {
                issues.add(ConfigurationIssue(path: path, problem: "\(node.kind) where \(expected) belongs", hint: "such as: \(example)", mark: node.mark))
                return nil
            }
            if let value = read(text) { return value }
            let shown = isReference ? "the value it refers to" : "'\(text.prefix(80))'"
            issues.add(ConfigurationIssue(path: path, problem: "\(shown) is not \(expected)", hint: "such as: \(example)", mark: node.mark))
            return nil
        }
    }

    /// The same kind of value, changed by `transform`; nil from it is an issue with `expected` in its text.
    public func mapped<Other: Sendable>(
        placeholder: Other, expected: String, _ transform: @escaping @Sendable (Value) -> Other?
    ) -> ConfigurationType<Other> {
        let parse = self.parse
        let example = self.example
        return ConfigurationType<Other>(schema: schema, placeholder: placeholder, example: example) { node, path, issues in
            guard let value = parse(node, path, issues) else { return nil }
            if let other = transform(value) { return other }
            issues.add(ConfigurationIssue(path: path, problem: "this is not \(expected)", hint: "such as: \(example)", mark: node.mark))
            return nil
        }
    }
}
