/// How one kind of value is read from the config file, and how the file's JSON Schema describes it.
public struct ConfigurationType<Value: Sendable>: Sendable {
    /// The shape of the value; accepts what `parse` accepts, as far as a schema can say it.
    public let schema: ConfigurationSchema
    /// Stands in where the value is wrong or missing; never used, since the config is then refused.
    public let placeholder: Value
    /// A value as a person would write it, for hints.
    public let example: String
    /// Reads a node; on a problem adds an issue for `path` and returns nil.
    public let parse: @Sendable (_ node: ConfigurationNode, _ path: String, _ issues: ConfigurationIssues) -> Value?

    /// A type by its parts.
    public init(
        schema: ConfigurationSchema,
        placeholder: Value,
        example: String,
        parse: @escaping @Sendable (ConfigurationNode, String, ConfigurationIssues) -> Value?
    ) {
        self.schema = schema
        self.placeholder = placeholder
        self.example = example
        self.parse = parse
    }

    /// A type whose values are written as one scalar.
    ///
    /// `expected` says in words what a value is: "a whole number". `read` returns nil where the text is not such a value;
    /// `hint` then says what would be right (without it, the example does).
    public static func scalar(
        _ schema: ConfigurationSchema,
        placeholder: Value,
        example: String,
        expected: String,
        hint: (@Sendable (String) -> String?)? = nil,
        read: @escaping @Sendable (String) -> Value?
    ) -> ConfigurationType {
        ConfigurationType(schema: schema, placeholder: placeholder, example: example) { node, path, issues in
            let reject = { (problem: String, hint: String?) in
                issues.add(ConfigurationIssue(path: path, problem: problem, hint: hint, mark: node.mark))
            }
            guard case .scalar(let text, let isQuoted, let isReference) = node.value else {
                reject("\(node.kind) where \(expected) belongs", "such as: \(example)")
                return nil
            }
            if isQuoted, !isReference, schema.isUnquoted {
                reject("text in quotes is not \(expected)", "write it without quotes, such as: \(example)")
                return nil
            }
            if let value = read(text) { return value }
            if isReference {
                reject("the value it refers to is not \(expected)", "such as: \(example)")
            } else {
                reject("'\(text.prefix(80))' is not \(expected)", hint.map { $0(text) } ?? "such as: \(example)")
            }
            return nil
        }
    }

    /// The same kind of value, changed by `transform`; nil from it is an issue with `expected` in its text.
    public func mapped<Other: Sendable>(
        placeholder: Other,
        expected: String,
        _ transform: @escaping @Sendable (Value) -> Other?
    ) -> ConfigurationType<Other> {
        let parse = self.parse
        let example = self.example
        return ConfigurationType<Other>(schema: schema, placeholder: placeholder, example: example) {
            node,
            path,
            issues in
            guard let value = parse(node, path, issues) else { return nil }
            if let other = transform(value) { return other }
            issues.add(
                ConfigurationIssue(
                    path: path,
                    problem: "this is not \(expected)",
                    hint: "such as: \(example)",
                    mark: node.mark
                )
            )
            return nil
        }
    }

    /// The same kind of value together with its place, for checks that come after the whole file has been read.
    public var located: ConfigurationType<Located<Value>> {
        let parse = self.parse
        return ConfigurationType<Located<Value>>(
            schema: schema,
            placeholder: Located(placeholder, path: "", mark: nil),
            example: example
        ) { node, path, issues in
            parse(node, path, issues).map { Located($0, at: node, path: path) }
        }
    }
}

/// A value and where the file has it.
public struct Located<Value: Sendable>: Sendable {
    /// The value.
    public let value: Value
    /// The dotted path: `jobs.revenue.after[0]`.
    public let path: String
    /// Where the value begins; nil while describing.
    public let mark: ConfigurationMark?

    private let isReference: Bool

    /// A value at a place, written there in plain sight.
    public init(_ value: Value, path: String, mark: ConfigurationMark?) {
        self.value = value
        self.path = path
        self.mark = mark
        isReference = false
    }

    /// The value of a node.
    public init(_ value: Value, at node: ConfigurationNode, path: String) {
        self.value = value
        self.path = path
        mark = node.mark
        isReference = if case .scalar(_, _, true) = node.value { true } else { false }
    }

    /// The value in quotes for a message, unless a reference supplied it.
    public var shown: String { isReference ? "what it refers to" : "'\("\(value)".prefix(80))'" }

    /// An issue at the value's place.
    public func issue(_ problem: String, hint: String? = nil) -> ConfigurationIssue {
        ConfigurationIssue(path: path, problem: problem, hint: hint, mark: mark)
    }
}

extension ConfigurationSchema {
    /// Whether values are written without quotes: quotes make a text of a YAML number.
    fileprivate var isUnquoted: Bool {
        switch self {
        case .integer, .number, .boolean: true
        default: false
        }
    }
}
