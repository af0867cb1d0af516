/// A place in the config file.
public struct ConfigurationMark: Sendable, Hashable {
    /// Both count from 1.
    public let line: Int
    public let column: Int
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A piece of the config file with its place: what a parser of YAML hands to the decoding of blocks.
public struct ConfigurationNode: Sendable {
    /// The shape of the node.
    public indirect enum Value: Sendable {
        /// Text as written, references resolved. `isQuoted` tells `"1"` from `1`; `isReference` that the environment
        /// or a file supplied it, so it must not be shown.
        case scalar(String, isQuoted: Bool, isReference: Bool)
        case list([ConfigurationNode])
        case map([Entry])
        case null
    }

    /// One key of a map, in the order of the file.
    public struct Entry: Sendable {
        public let key: String
        public let keyMark: ConfigurationMark
        public let value: ConfigurationNode
        public init(key: String, keyMark: ConfigurationMark, value: ConfigurationNode) {
            self.key = key
            self.keyMark = keyMark
            self.value = value
        }
    }

    public let value: Value
    public let mark: ConfigurationMark
    public init(_ value: Value, at mark: ConfigurationMark) {
        self.value = value
        self.mark = mark
    }

    /// The node's shape in words, for messages; never its content.
    public var kind: String {
        switch value {
        case .scalar: "a single value"
        case .list: "a list"
        case .map: "a map of keys"
        case .null: "nothing"
        }
    }
}
