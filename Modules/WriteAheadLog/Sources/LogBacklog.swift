/// What waits in a log's directory, whoever uses it at the moment.
public struct LogBacklog: Sendable, Equatable {
    /// Events that have not been taken elsewhere, or not yet been forgotten.
    public var events: Int64 = 0
    /// Names of files that cannot be read, or not all of them, and were put aside.
    public var damagedFiles: [String] = []
    /// What was forgotten last; nil where nothing is known to have been.
    public var removed: LogMark?
}
