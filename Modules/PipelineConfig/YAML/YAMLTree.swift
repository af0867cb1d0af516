internal import PipelineCore
internal import Yams

/// Turns the parser's tree into nodes of the config: aliases and merge keys written out, references resolved.
struct YAMLTree {
    /// Aliases of aliases can stand for more values than there are atoms.
    private static let nodeLimit = 100_000
    private static let depthLimit = 100

    private struct TooLarge: Error {}

    private let source: SourceText
    private let references: References
    private let issues: ConfigurationIssues
    private var nodeCount = 0

    init(source: SourceText, references: References, issues: ConfigurationIssues) {
        self.source = source
        self.references = references
        self.issues = issues
    }

    /// The whole tree; nil where it is too large to be a config.
    mutating func convert(_ root: Node) -> ConfigurationNode? {
        do {
            return try node(root, path: "", depth: 0)
        } catch {
            let problem =
                "the file holds more than \(Self.nodeLimit) values, or nests them more than \(Self.depthLimit) deep"
            issues.add(ConfigurationIssue(path: "", problem: problem, hint: "look for aliases of aliases", mark: nil))
            return nil
        }
    }

    private mutating func node(_ node: Node, path: String, depth: Int) throws(TooLarge) -> ConfigurationNode {
        nodeCount += 1
        guard nodeCount <= Self.nodeLimit, depth <= Self.depthLimit else { throw TooLarge() }
        let mark = ConfigurationMark(node.mark)
        switch node {
        case .scalar(let scalar): return ConfigurationNode(value(of: scalar, path: path, mark: mark), at: mark)
        case .sequence(let sequence):
            checkTag(sequence.tag, path: path, mark: mark)
            var nodes: [ConfigurationNode] = []
            for (index, element) in sequence.enumerated() {
                nodes.append(try self.node(element, path: "\(path)[\(index)]", depth: depth + 1))
            }
            return ConfigurationNode(.list(nodes), at: mark)
        case .mapping(let mapping):
            checkTag(mapping.tag, path: path, mark: mark)
            return ConfigurationNode(.map(try entries(of: mapping, path: path, depth: depth)), at: mark)
        case .alias: return ConfigurationNode(.null, at: mark)  // the parser has put the aliased node in its place
        }
    }

    private mutating func entries(
        of mapping: Node.Mapping,
        path: String,
        depth: Int
    ) throws(TooLarge) -> [ConfigurationNode.Entry] {
        var entries: [ConfigurationNode.Entry] = []
        var merged: [ConfigurationNode.Entry] = []
        for (key, value) in mapping {
            let mark = ConfigurationMark(key.mark)
            guard case .scalar(let scalar) = key else {
                let problem = "\(key.sequence == nil ? "a map" : "a list") where a key belongs"
                issues.add(ConfigurationIssue(path: path, problem: problem, hint: "write a plain word", mark: mark))
                continue
            }
            if scalar.string == "<<", scalar.style == .plain {
                merged += try self.merged(value, path: path, mark: mark, depth: depth)
            } else {
                let name = source.original(scalar.string)
                let node = try node(value, path: path.isEmpty ? name : "\(path).\(name)", depth: depth + 1)
                entries.append(ConfigurationNode.Entry(key: name, keyMark: mark, value: node.movedToKey(mark)))
            }
        }
        var keys = Set(entries.map(\.key))
        return entries + merged.filter { keys.insert($0.key).inserted }
    }

    /// The entries that a merge key brings in, from one map or from a list of maps.
    private mutating func merged(
        _ node: Node,
        path: String,
        mark: ConfigurationMark,
        depth: Int
    ) throws(TooLarge) -> [ConfigurationNode.Entry] {
        let maps = node.sequence.map { Array($0) } ?? [node]
        var entries: [ConfigurationNode.Entry] = []
        for map in maps {
            nodeCount += 1
            guard nodeCount <= Self.nodeLimit, depth <= Self.depthLimit else { throw TooLarge() }
            if case .mapping(let mapping) = map {
                entries += try self.entries(of: mapping, path: path, depth: depth + 1)
            } else {
                issues.add(
                    ConfigurationIssue(
                        path: path,
                        problem: "'<<' takes a map",
                        hint: "such as an alias: `<<: *defaults`",
                        mark: mark
                    )
                )
            }
        }
        return entries
    }

    private func value(of scalar: Node.Scalar, path: String, mark: ConfigurationMark) -> ConfigurationNode.Value {
        checkTag(scalar.tag, path: path, mark: mark)
        let isQuoted = scalar.style != .plain || scalar.tag.rawValue == Tag.Name.str.rawValue
        if !isQuoted, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .null }
        let resolved = references.resolve(source.original(scalar.string))
        for (problem, hint) in resolved.problems {
            issues.add(ConfigurationIssue(path: path, problem: problem, hint: hint, mark: mark))
        }
        if !resolved.problems.isEmpty { issues.silence(mark) }
        return .scalar(resolved.text, isQuoted: isQuoted, isReference: resolved.isReference)
    }

    private func checkTag(_ tag: Tag, path: String, mark: ConfigurationMark) {
        let known: [Tag.Name] = [.implicit, .nonSpecific, .str, .int, .float, .bool, .null, .seq, .map, .merge]
        guard !known.map(\.rawValue).contains(tag.rawValue) else { return }
        let problem = "the tag '\(tag.rawValue)' means nothing here"
        issues.add(ConfigurationIssue(path: path, problem: problem, hint: "write the value alone", mark: mark))
    }
}

extension ConfigurationNode {
    /// Problems of a block as a whole, and of a value that is not there, belong where their key stands.
    fileprivate func movedToKey(_ mark: ConfigurationMark) -> ConfigurationNode {
        switch value {
        case .map, .null: ConfigurationNode(value, at: mark)
        case .scalar, .list: self
        }
    }
}
