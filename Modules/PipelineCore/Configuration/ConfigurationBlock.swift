/// One map of the config file, read key by key; each read declares the key, its type and its meaning.
///
/// The same declarations serve twice: given a node, reads return its values and collect every problem; without one
/// (``init(describing:)``) reads return placeholders and the block ends as a JSON Schema. Hence every key is read on
/// every path through the code, never inside an `if`. Reading never throws: whoever decodes the file looks at the issues
/// and discards the values if there are any.
public final class ConfigurationBlock {
    /// One declared key.
    public struct Declaration: Sendable {
        /// The key as the file writes it.
        public let key: String
        /// False if the key may be left out.
        public let isRequired: Bool
        /// The shape of the value, with its meaning.
        public let schema: ConfigurationSchema
        /// A value as a person would write it in YAML.
        public let example: String
    }

    /// The dotted path of the block.
    public let path: String
    /// Where the block stands in the file; nil while describing.
    public let mark: ConfigurationMark?
    /// All problems of the file so far.
    public let issues: ConfigurationIssues
    /// True while the keys are only being described.
    public let isDescribing: Bool
    /// The keys that have been read, in the order of their first reading.
    public private(set) var declarations: [Declaration] = []
    private let entries: [ConfigurationNode.Entry]

    /// A block over a node of the file; a node that is no map is an issue, and reads as an empty map.
    public init(_ node: ConfigurationNode, path: String, issues: ConfigurationIssues) {
        self.path = path
        self.issues = issues
        mark = node.mark
        isDescribing = false
        switch node.value {
        case .map(let entries): self.entries = entries
        case .null: entries = []
        case .scalar, .list:
            entries = []
            reject(key: nil, "\(node.kind) where a map of keys belongs", hint: "write its keys below it, indented")
            issues.silence(node.mark)
        }
    }

    /// A block without a file, that only collects declarations.
    public init(describing path: String) {
        self.path = path
        mark = nil
        issues = ConfigurationIssues()
        isDescribing = true
        entries = []
    }

    /// The directory of the config file: what relative paths are relative to.
    public var baseDirectory: String { issues.baseDirectory }

    /// The config file, as whoever started the program calls it; nil where there is none.
    public var file: String? { issues.file }

    /// Declares a key that must be there.
    public func require<Value>(_ key: String, _ type: ConfigurationType<Value>, _ meaning: String) -> Value {
        declare(key, type, meaning, isRequired: true)
        if isDescribing { return type.placeholder }
        guard let entry = entry(key) else {
            reject(key: nil, "'\(key)' is missing", hint: "add `\(key): \(type.example)`")
            return type.placeholder
        }
        return read(entry, type) ?? type.placeholder
    }

    /// Declares a key that may be left out for `fallback`.
    public func value<Value>(
        _ key: String,
        _ type: ConfigurationType<Value>,
        default fallback: Value,
        _ meaning: String
    ) -> Value {
        optional(key, type, meaning) ?? fallback
    }

    /// Declares a key that may be left out.
    public func optional<Value>(_ key: String, _ type: ConfigurationType<Value>, _ meaning: String) -> Value? {
        declare(key, type, meaning, isRequired: false)
        guard let entry = entry(key) else { return nil }
        return read(entry, type)
    }

    /// Whether the file has the key.
    public func has(_ key: String) -> Bool { entry(key) != nil }

    /// The text of a key that somebody else declares; nil where it is not there, or is no text.
    public func text(of key: String) -> String? {
        guard case .scalar(let text, _, _) = entry(key)?.value.value else { return nil }
        return text
    }

    /// Whether the file has no other keys here than these: what is said of others need not be said again.
    public func hasOnly(_ keys: [String]) -> Bool { entries.allSatisfy { keys.contains($0.key) } }

    /// Where the key's value stands, or the block where the key is not there.
    public func mark(of key: String) -> ConfigurationMark? { entry(key)?.value.mark ?? mark }

    /// The dotted path of a key of this block.
    public func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Adds a problem at a key of this block (nil: the block itself).
    public func reject(key: String?, _ problem: String, hint: String? = nil) {
        let (path, mark) = key.map { (self.path(of: $0), self.mark(of: $0)) } ?? (self.path, self.mark)
        issues.add(ConfigurationIssue(path: path, problem: problem, hint: hint, mark: mark))
    }

    /// Claims something of the machine that one block of the file can have, such as a port; an issue where another has it.
    ///
    /// Claims to one `resource` go together where each is to a `part` of it, and not to the same; nil is all of it.
    public func claim(_ resource: String, part: String?, key: String) {
        guard !isDescribing, let owner = issues.claim(resource, part: part, for: path) else { return }
        reject(key: key, "\(owner) has \(resource) already", hint: "give each its own")
    }

    /// Reports every key that no read declared, and every key that stands there twice; call it once, after the last read.
    public func finish() {
        let known = declarations.map(\.key)
        var seen: Set<String> = []
        for entry in entries {
            if !seen.insert(entry.key).inserted {
                issues.add(.duplicate(entry, path: path(of: entry.key)))
            } else if !known.contains(entry.key) {
                let hint =
                    known.nearest(to: entry.key).map { "did you mean '\($0)'?" }
                    ?? "expected one of: \(known.sorted().joined(separator: ", "))"
                issues.add(
                    ConfigurationIssue(
                        path: path(of: entry.key),
                        problem: "unknown key",
                        hint: hint,
                        mark: entry.keyMark
                    )
                )
            }
        }
    }

    private func entry(_ key: String) -> ConfigurationNode.Entry? { entries.first { $0.key == key } }

    private func declare<Value>(_ key: String, _ type: ConfigurationType<Value>, _ meaning: String, isRequired: Bool) {
        guard !declarations.contains(where: { $0.key == key }) else { return }
        declarations.append(
            Declaration(
                key: key,
                isRequired: isRequired,
                schema: type.schema.described(meaning),
                example: type.example
            )
        )
    }

    private func read<Value>(_ entry: ConfigurationNode.Entry, _ type: ConfigurationType<Value>) -> Value? {
        type.parse(entry.value, path(of: entry.key), issues)
    }
}

extension ConfigurationIssue {
    /// A key that stands in a map for the second time.
    static func duplicate(_ entry: ConfigurationNode.Entry, path: String) -> ConfigurationIssue {
        ConfigurationIssue(
            path: path,
            problem: "the key stands here twice",
            hint: "keep one of them",
            mark: entry.keyMark
        )
    }
}
