/// A place in the config file.
public struct ConfigurationMark: Sendable, Hashable {
    /// Counts from 1.
    public let line: Int
    /// Counts Unicode scalars from 1.
    public let column: Int

    /// A place by line and column, both from 1.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A piece of the config file with its place: what a parser of YAML hands to the decoding of blocks.
public struct ConfigurationNode: Sendable {
    /// The shape of the node.
    public indirect enum Value: Sendable {
        /// Text as written, references resolved.
        ///
        /// `isQuoted` tells `"1"` from `1`; `isReference` that the environment or a file supplied some of the text, so it
        /// must not be shown.
        case scalar(String, isQuoted: Bool, isReference: Bool)
        /// Values in order.
        case list([ConfigurationNode])
        /// Keys in the order of the file; a key that stands there twice is in it twice.
        case map([Entry])
        /// A key without a value, `~` or `null`.
        case null
    }

    /// One key of a map, in the order of the file.
    public struct Entry: Sendable {
        /// The key as written.
        public let key: String
        /// Where the key stands.
        public let keyMark: ConfigurationMark
        /// What the key holds.
        public let value: ConfigurationNode

        /// A key with its value.
        public init(key: String, keyMark: ConfigurationMark, value: ConfigurationNode) {
            self.key = key
            self.keyMark = keyMark
            self.value = value
        }
    }

    /// What stands there.
    public let value: Value
    /// Where the value begins; of a map under a key, and of nothing, where the key stands.
    public let mark: ConfigurationMark

    /// A value at its place.
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
