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
    /// Of how many of its events opening the log has told that the disk damaged them.
    public let missing: Int64
    /// What the file is called.
    let name: SegmentName
    /// Whether it is a copy of what was whole in a file that has been put aside.
    let isCopy: Bool

    init(
        _ name: SegmentName,
        _ header: SegmentHeader,
        end: Int64,
        size: Int64,
        missing: Int64 = 0,
        isCopy: Bool = false
    ) {
        self.name = name
        sequence = name.sequence
        writer = header.writerName
        firstNumber = header.number
        endNumber = end
        created = Timestamp(microseconds: header.created)
        self.size = size
        self.missing = missing
        self.isCopy = isCopy
    }

    /// Segments come in the order in which they were written.
    public static func < (left: LogSegment, right: LogSegment) -> Bool { left.sequence < right.sequence }
}
