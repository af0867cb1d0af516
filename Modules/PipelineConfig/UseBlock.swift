internal import PipelineCore

/// A block that has been read as the kind that its `use` names.
struct UseBlock<Value: Sendable>: Sendable {
    /// Its key in the file.
    let name: String
    /// Its dotted path.
    let path: String
    let node: ConfigurationNode
    /// Nil where the kind is not known.
    let value: Value?
    let tables: TableUse
    /// False where something is wrong in the block, so that nothing may be concluded from it.
    let isSound: Bool

    /// Reads a block; `noun` names what the kinds are kinds of, for messages.
    init(
        name: String,
        node: ConfigurationNode,
        path: String,
        kinds: [BlockKind<Value>],
        noun: String,
        issues: ConfigurationIssues
    ) {
        let before = issues.count
        let block = ConfigurationBlock(node, path: path, issues: issues)
        let kind = Self.kind(of: block, among: kinds, noun: noun)
        let reading = kind?.read(block)
        if kind != nil { block.finish() }
        self.name = name
        self.path = path
        self.node = node
        value = reading?.value
        tables = reading?.tables ?? TableUse()
        isSound = issues.count == before
    }

    /// The place in the block that names a table, or (also for nil) the block itself.
    func place(naming table: String?) -> Located<String> {
        if let table, case .map(let entries) = node.value {
            for entry in entries where entry.key != "use" && entry.key != "after" {
                if let place = entry.value.place(of: table, path: "\(path).\(entry.key)") { return place }
            }
        }
        return Located(table ?? "", path: path, mark: node.mark)
    }

    /// The text of a key, where it is one.
    func text(of key: String) -> Located<String>? {
        guard case .map(let entries) = node.value, let entry = entries.first(where: { $0.key == key }),
            case .scalar(let text, _, _) = entry.value.value
        else { return nil }
        return Located(text, at: entry.value, path: "\(path).\(key)")
    }

    private static func kind(
        of block: ConfigurationBlock,
        among kinds: [BlockKind<Value>],
        noun: String
    ) -> BlockKind<Value>? {
        let names = kinds.map(\.name)
        let builtIn = "built in: \(names.isEmpty ? "none" : names.joined(separator: ", "))"
        guard block.has("use") else {
            block.reject(key: nil, "'use' is missing", hint: "add `use: \(names.first ?? "…")`; \(builtIn)")
            return nil
        }
        let before = block.issues.count
        let type = ConfigurationType<String>.text(example: names.first ?? "…").located
        let name = block.require("use", type, "Which kind of \(noun) this is")
        if let kind = kinds.first(where: { $0.name == name.value }) { return kind }
        if block.issues.count == before {
            let nearest = names.nearest(to: name.value).map { "did you mean '\($0)'? " } ?? ""
            block.issues.add(name.issue("no \(noun) is called \(name.shown)", hint: nearest + builtIn))
        }
        return nil
    }
}

extension ConfigurationNode {
    /// Where a word stands as this value or as one of a list.
    fileprivate func place(of word: String, path: String) -> Located<String>? {
        switch value {
        case .scalar(word, _, _): Located(word, at: self, path: path)
        case .list(let nodes):
            nodes.enumerated().lazy.compactMap { $1.place(of: word, path: "\(path)[\($0)]") }.first
        default: nil
        }
    }
}

extension ConfigurationType {
    /// One block whose keys depend on its `use`; nil where the kind is not known.
    static func using<Element>(
        _ kinds: [BlockKind<Element>],
        noun: String
    ) -> ConfigurationType where Value == UseBlock<Element>? {
        ConfigurationType(
            schema: .using(kinds, noun: noun),
            placeholder: nil,
            example: "{ use: \(kinds.first?.name ?? "…") }"
        ) { node, path, issues in
            UseBlock(name: path, node: node, path: path, kinds: kinds, noun: noun, issues: issues)
        }
    }

    /// Blocks under names of the user's choice, each as its `use` says.
    static func named<Element>(
        _ kinds: [BlockKind<Element>],
        noun: String
    ) -> ConfigurationType where Value == [UseBlock<Element>] {
        ConfigurationType(
            schema: .map(.using(kinds, noun: noun), keyPattern: "^\(DatasetName.pattern)$"),
            placeholder: [],
            example: "{ name: { use: \(kinds.first?.name ?? "…") } }"
        ) { node, path, issues in
            if case .null = node.value { return [] }
            guard case .map(let entries) = node.value else {
                let problem = "\(node.kind) where a map of \(noun)s by name belongs"
                issues.add(ConfigurationIssue(path: path, problem: problem, hint: nil, mark: node.mark))
                return nil
            }
            var names: Set<String> = []
            return entries.compactMap { entry in
                checkName(entry, path: path, noun: noun, isNew: names.insert(entry.key).inserted, issues: issues)
                return UseBlock(
                    name: entry.key,
                    node: entry.value,
                    path: "\(path).\(entry.key)",
                    kinds: kinds,
                    noun: noun,
                    issues: issues
                )
            }
        }
    }

    private static func checkName(
        _ entry: ConfigurationNode.Entry,
        path: String,
        noun: String,
        isNew: Bool,
        issues: ConfigurationIssues
    ) {
        let reject = { (problem: String, hint: String) in
            issues.add(
                ConfigurationIssue(path: "\(path).\(entry.key)", problem: problem, hint: hint, mark: entry.keyMark)
            )
        }
        if !isNew { reject("the key stands here twice", "give the second \(noun) a name of its own") }
        if !DatasetName(rawValue: entry.key).isValid {
            reject("'\(entry.key.prefix(80))' cannot name a \(noun)", "use lower-case letters, digits and _")
        }
    }
}

extension ConfigurationSchema {
    fileprivate static func using<Value>(_ kinds: [BlockKind<Value>], noun: String) -> ConfigurationSchema {
        let variants = kinds.map { kind in
            let block = ConfigurationBlock(describing: "")
            _ = block.require("use", .choice([kind.name]), "Which kind of \(noun) this is")
            _ = kind.read(block)
            return Variant(name: kind.name, summary: kind.summary, declarations: block.declarations)
        }
        return .variants(key: "use", variants)
    }
}
