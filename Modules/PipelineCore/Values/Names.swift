/// The name of a table of the lake or of a dataset delivered from it.
public struct DatasetName: RawRepresentable, Hashable, Sendable, Comparable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// The name as text.
    public let rawValue: String
    /// Takes any text; see ``isValid``.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// A name written in source.
    public init(stringLiteral value: String) { rawValue = value }
    /// The name as text.
    public var description: String { rawValue }
    /// By Unicode scalars, as texts compare.
    public static func < (left: DatasetName, right: DatasetName) -> Bool { left.rawValue < right.rawValue }

    /// Whether the name can be used in SQL and in a path without quoting: a lower-case letter or `_`, then also digits.
    public var isValid: Bool {
        guard let first = rawValue.utf8.first, rawValue.utf8.count <= 63 else { return false }
        let isLetter = { (byte: UInt8) in (byte >= 97 && byte <= 122) || byte == 95 }
        return isLetter(first) && rawValue.utf8.allSatisfy { isLetter($0) || ($0 >= 48 && $0 <= 57) }
    }
}

/// A slash-separated path inside one object store.
public struct ObjectKey: RawRepresentable, Hashable, Sendable, Comparable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// The path as text.
    public let rawValue: String
    /// Takes any text; a store refuses what leads out of it.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// A key written in source.
    public init(stringLiteral value: String) { rawValue = value }
    /// The path as text.
    public var description: String { rawValue }
    /// By Unicode scalars, as texts compare.
    public static func < (left: ObjectKey, right: ObjectKey) -> Bool { left.rawValue < right.rawValue }

    /// The key one level below.
    public func appending(_ component: String) -> ObjectKey {
        ObjectKey(rawValue: rawValue.isEmpty ? component : rawValue + "/" + component)
    }

    /// What follows the last slash.
    public var lastComponent: String {
        rawValue.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    }
}

/// Identifies one run of the pipeline; sorts by time.
public struct RunID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The identifier as text: `20261121T073117-4f2a`.
    public let rawValue: String
    /// Takes any text.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// The identifier as text.
    public var description: String { rawValue }
}
