/// A value that must never reach a log, an error, a SQL text or a process list.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String
    /// Wraps a value.
    public init(_ value: String) { self.value = value }

    /// The value itself; call this only where it leaves for the system that it opens.
    public func reveal() -> String { value }

    /// Never the value.
    public var description: String { "<redacted>" }
    /// Never the value.
    public var debugDescription: String { "<redacted>" }
    /// Without children, so that `dump` shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
