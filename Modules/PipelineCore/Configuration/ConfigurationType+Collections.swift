extension ConfigurationType {
    /// A list; a list of one needs its brackets too, so that a value means the same wherever it stands.
    public static func list<Element: Sendable>(
        _ element: ConfigurationType<Element>
    ) -> ConfigurationType where Value == [Element] {
        let one = element.parse
        return ConfigurationType(
            schema: .list(element.schema),
            placeholder: [],
            example: "[\(element.example)]"
        ) { node, path, issues in
            guard case .list(let nodes) = node.value else {
                let hint = node.inBrackets.map { "write \($0)" } ?? "such as: [\(element.example)]"
                let problem = "\(node.kind) where a list belongs"
                issues.add(ConfigurationIssue(path: path, problem: problem, hint: hint, mark: node.mark))
                return nil
            }
            let values = nodes.enumerated().map { one($1, "\(path)[\($0)]", issues) }
            return values.contains { $0 == nil } ? nil : values.compactMap { $0 }
        }
    }

    /// A map with keys of the user's choice, in the order of the file.
    public static func map<Element: Sendable>(
        _ element: ConfigurationType<Element>
    ) -> ConfigurationType where Value == [KeyedValue<Element>] {
        let one = element.parse
        return ConfigurationType(
            schema: .map(element.schema),
            placeholder: [],
            example: "{ name: \(element.example) }"
        ) { node, path, issues in
            if case .null = node.value { return [] }
            guard case .map(let entries) = node.value else {
                issues.add(
                    ConfigurationIssue(
                        path: path,
                        problem: "\(node.kind) where a map of keys belongs",
                        hint: nil,
                        mark: node.mark
                    )
                )
                return nil
            }
            let before = issues.count
            var keys: Set<String> = []
            let values = entries.compactMap { entry -> KeyedValue<Element>? in
                guard keys.insert(entry.key).inserted else {
                    issues.add(.duplicate(entry, path: "\(path).\(entry.key)"))
                    return nil
                }
                return one(entry.value, "\(path).\(entry.key)", issues)
                    .map { KeyedValue(key: entry.key, mark: entry.keyMark, value: $0) }
            }
            return values.count == entries.count && issues.count == before ? values : nil
        }
    }

    /// A map with fixed keys, read by `make`, which must not call `finish()`.
    ///
    /// `make` is called once with a describing block when the type is built, then for every value.
    public static func object(
        example: String,
        _ make: @escaping @Sendable (ConfigurationBlock) -> Value
    ) -> ConfigurationType {
        let description = ConfigurationBlock(describing: "")
        let placeholder = make(description)
        return ConfigurationType(
            schema: .object(description.declarations),
            placeholder: placeholder,
            example: example
        ) { node, path, issues in
            let before = issues.count
            let block = ConfigurationBlock(node, path: path, issues: issues)
            let value = make(block)
            block.finish()
            return issues.count == before ? value : nil
        }
    }
}

extension ConfigurationNode {
    /// The value as a list of one would be written; nil where it must not be shown, or there is none.
    fileprivate var inBrackets: String? {
        switch value {
        case .scalar(let text, _, let isReference): isReference ? nil : "[\(text.prefix(80))]"
        case .map: "[{ … }]"
        case .list, .null: nil
        }
    }
}

/// One entry of a map whose keys the user chose.
public struct KeyedValue<Value: Sendable>: Sendable {
    /// The key as written.
    public let key: String
    /// Where the key stands.
    public let mark: ConfigurationMark
    /// What the key holds.
    public let value: Value

    /// A key with its value.
    public init(key: String, mark: ConfigurationMark, value: Value) {
        self.key = key
        self.mark = mark
        self.value = value
    }
}
