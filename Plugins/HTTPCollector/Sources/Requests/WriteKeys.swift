internal import PipelineCore

/// Who may send, by key.
struct WriteKeys: Sendable {
    private let entries: [(name: String, key: [UInt8])]

    /// A name may have several keys.
    init(_ keys: [(name: String, key: Secret)]) { entries = keys.map { ($0.name, Array($0.key.reveal().utf8)) } }

    /// Reads `write_keys`; that nobody can send, or that a key belongs to two names, is an issue.
    init(_ block: ConfigurationBlock) {
        let before = block.issues.count
        let keys = block.require(
            "write_keys",
            .map(.keys),
            "Who may send: name <- key, or several; the name becomes the source of the events."
        )
        self.init(keys.flatMap { entry in entry.value.map { (entry.key, $0) } })
        if keys.isEmpty, block.issues.count == before, !block.isDescribing {
            block.reject(key: "write_keys", "without a key nobody can send", hint: "such as: { web: ${WEB_KEY} }")
        }
        var owners: [String: String] = [:]
        for entry in keys {
            for key in Set(entry.value.map { $0.reveal() }) {
                guard let other = owners.updateValue(entry.key, forKey: key) else { continue }
                block.issues.add(
                    ConfigurationIssue(
                        path: block.path(of: "write_keys") + ".\(entry.key)",
                        problem: "it has a key of '\(other)'",
                        hint: "give each name keys of its own",
                        mark: entry.mark
                    )
                )
            }
        }
    }

    /// The name that a key belongs to; takes as long for a wrong key as for a right one of the same length.
    func name(of key: some Collection<UInt8>) -> String? {
        var found: String?
        for entry in entries where Self.isEqual(entry.key, key) { found = entry.name }
        return found
    }

    private static func isEqual(_ left: [UInt8], _ right: some Collection<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(left, right) { difference |= one ^ other }
        return difference == 0
    }
}

extension ConfigurationType where Value == [Secret] {
    /// A key, or a list of several, so that a new one can be taken before the old one goes.
    fileprivate static var keys: ConfigurationType {
        let one = ConfigurationType<Secret>.key
        let several = ConfigurationType<[Secret]>.list(one)
        return ConfigurationType(
            schema: .either([one.schema, several.schema]),
            placeholder: [],
            example: one.example
        ) { node, path, issues in
            guard case .list(let nodes) = node.value else { return one.parse(node, path, issues).map { [$0] } }
            guard nodes.isEmpty else {
                let keys = several.parse(node, path, issues)
                if keys?.count == nodes.count { refuseTwins(keys ?? [], nodes, path, issues) }
                return keys
            }
            let problem = "a list without a key"
            issues.add(
                ConfigurationIssue(path: path, problem: problem, hint: "such as: [${NEW}, ${OLD}]", mark: node.mark)
            )
            return nil
        }
    }
    private static func refuseTwins(
        _ keys: [Secret],
        _ nodes: [ConfigurationNode],
        _ path: String,
        _ issues: ConfigurationIssues
    ) {
        var seen: Set<String> = []
        for (index, key) in keys.enumerated() where !seen.insert(key.reveal()).inserted {
            let problem = "the key stands in the list twice"
            issues.add(
                ConfigurationIssue(
                    path: "\(path)[\(index)]",
                    problem: problem,
                    hint: "keep one of them",
                    mark: nodes[index].mark
                )
            )
        }
    }
}

extension ConfigurationType where Value == Secret {
    /// A secret that every client can send.
    fileprivate static var key: ConfigurationType {
        let secret = ConfigurationType<Secret>.secret
        return ConfigurationType(schema: secret.schema, placeholder: secret.placeholder, example: secret.example) {
            node,
            path,
            issues in
            guard let key = secret.parse(node, path, issues) else { return nil }
            let isUsable = key.reveal().unicodeScalars.allSatisfy {
                $0 != ":" && !$0.properties.isWhitespace && $0.properties.generalCategory != .control
            }
            if isUsable { return key }
            issues.add(
                ConfigurationIssue(
                    path: path,
                    problem: "a write key has no colon, no spaces and no control characters",
                    hint: "Basic authentication ends a key at a colon, and headers carry no spaces: such as: ${NAME}",
                    mark: node.mark
                )
            )
            return nil
        }
    }
}
