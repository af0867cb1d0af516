/// What was found in a log's directory when it was opened.
public struct LogRecovery: Sendable, Equatable {
    /// Events that wait to be taken.
    public var events: Int64 = 0
    /// Acknowledged events that cannot be landed: the disk damaged them.
    ///
    /// Those of segments between others are found only when these are read.
    public var missing: Int64 = 0
    /// Files that cannot be read, or not all of them, and were put aside, under these names.
    public var damagedFiles: [String] = []
    /// Files whose header is damaged, which costs none of their events.
    public var damagedHeaders: [String] = []
    /// Bytes of a write that was cut off, at the end of what was written last: none of its events was acknowledged.
    public var cutBytes: Int64 = 0
    /// Bytes there that are no beginning of a write: damaged events, unless the machine lost power while it wrote them.
    public var unreadableBytes: Int64 = 0
}
