public import PipelineCore

/// A segment that is written no more: its events wait to be taken elsewhere.
public struct LogSegment: Sendable, Hashable, Comparable {
    /// Its place among all segments of the log.
    public let sequence: Int64
    /// Who wrote it, 32 hexadecimal digits: another one for each time that the log is opened, and after each write that failed.
    ///
    /// So a number of a writer means one event for all time, in all copies of the directory.
    public let writer: String
    /// The number of its first event; the events of a writer count from 1.
    public let firstNumber: Int64
    /// The number after its last event.
    public let endNumber: Int64
    /// When its first event came.
    public let created: Timestamp
    /// The file's size, in bytes.
    public let size: Int64

    /// Segments come in the order in which they were written.
    public static func < (left: LogSegment, right: LogSegment) -> Bool { left.sequence < right.sequence }

    static func fileName(_ sequence: Int64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits + ".log"
    }

    /// The sequence that a file's name tells; nil for files that are no segments.
    static func sequence(ofFile name: String) -> Int64? {
        guard name.hasSuffix(".log"), let sequence = Int64(name.dropLast(4)), fileName(sequence) == name else {
            return nil
        }
        return sequence
    }
}

/// What was found in a log's directory when it was opened.
public struct LogRecovery: Sendable, Equatable {
    /// Events that wait to be taken.
    public var events: Int64 = 0
    /// Numbers of acknowledged events that no whole record holds any more: the disk damaged them.
    public var missing: Int64 = 0
    /// Files that could not be read as segments and were put aside, under these names.
    public var damagedFiles: [String] = []
}

/// What waits in a log's directory, whoever uses it at the moment.
public struct LogBacklog: Sendable, Equatable {
    /// Events that have not been taken elsewhere, or not yet been forgotten.
    public var events: Int64 = 0
    /// Names of files that could not be read and were put aside.
    public var damagedFiles: [String] = []
}
