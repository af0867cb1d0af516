/// The name of a table of the lake or of a dataset delivered from it.
public struct DatasetName: RawRepresentable, Hashable, Sendable, Comparable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }
    public var description: String { rawValue }
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
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }
    public var description: String { rawValue }
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
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }
}
