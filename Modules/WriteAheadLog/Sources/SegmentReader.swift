internal import BlockingIO
internal import Gzip

/// Reads the records of one segment file in order, past damage where it can.
///
/// A record whose checksums do not fit is never returned. Behind one the reader looks for the next whole record, and says
/// how many events are missing in between once it knows. What follows the last whole record is where writing stopped.
struct SegmentReader {
    /// The largest content that is believed; what cannot be compressed grows by a 255th.
    static let largestContent = LZ4.largest + LZ4.largest / 128
    private static let chunkSize = 1 << 20

    private let files: any FileOperations
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var position = 0
    private var fileOffset: Int64 = 0
    private var isAtEnd = false
    /// The number that the next record should begin with.
    private(set) var next: Int64
    /// How many numbers are missing between whole records.
    private(set) var missing: Int64 = 0
    /// What the segment begins with; nil where it is damaged.
    let header: SegmentHeader?

    /// Opens a segment; the caller closes it.
    init(_ path: String, files: any FileOperations) throws {
        self.files = files
        descriptor = try files.openFile(path)
        buffer = try files.read(descriptor, at: 0, count: Self.chunkSize)
        fileOffset = Int64(buffer.count)
        header = SegmentHeader(buffer[...])
        next = header?.number ?? 0
        position = header == nil ? 0 : SegmentHeader.size
    }

    func close() { try? files.close(descriptor) }  // Nothing was written through it.

    /// The next whole record whose number lies below `limit`; nil at the end.
    mutating func record(below limit: Int64 = .max) throws -> LogRecord? {
        while true {
            guard try fill(LogRecord.headerSize) else { return nil }
            if let record = try wholeRecord() {
                guard record.number < limit else { return nil }
                pass(record)
                return record
            }
            guard try seek() else { return nil }
        }
    }

    /// The next record of a segment that somebody is writing; nil if it is not whole yet: the next call looks again.
    mutating func recordIfWritten() throws -> LogRecord? {
        if try fill(LogRecord.headerSize), let record = try wholeRecord() {
            pass(record)
            return record
        }
        fileOffset -= Int64(buffer.count - position)
        (buffer, position, isAtEnd) = ([], 0, false)
        return nil
    }

    /// The record at the position; nil if there is none, or no whole one.
    private mutating func wholeRecord() throws -> LogRecord? {
        guard let header = LogRecord.Header(buffer[position...]), isBelievable(header),
            try fill(LogRecord.headerSize + header.length)
        else { return nil }
        return LogRecord(header, content: buffer[(position + LogRecord.headerSize)...].prefix(header.length))
    }

    private mutating func pass(_ record: LogRecord) {
        if next > 0 { missing += record.number - next }
        next = record.number + Int64(record.count)
        position += LogRecord.headerSize + record.content.count
    }

    private func isBelievable(_ header: LogRecord.Header) -> Bool {
        header.length <= Self.largestContent && header.count > 0 && header.number >= next
    }

    /// Goes to the next marker behind the present position; false at the end.
    private mutating func seek() throws -> Bool {
        position += 1
        while try fill(LogRecord.marker.count) {
            if buffer[position] == LogRecord.marker[0], buffer[position...].starts(with: LogRecord.marker) {
                return true
            }
            guard let found = buffer[(position + 1)...].firstIndex(of: LogRecord.marker[0]) else {
                position = buffer.count
                continue
            }
            position = found
        }
        return false
    }

    /// Makes `count` bytes available at the position; false where the file ends before.
    private mutating func fill(_ count: Int) throws -> Bool {
        while buffer.count - position < count {
            guard !isAtEnd else { return false }
            buffer.removeFirst(position)
            position = 0
            let more = try files.read(descriptor, at: fileOffset, count: max(Self.chunkSize, count - buffer.count))
            isAtEnd = more.isEmpty
            fileOffset += Int64(more.count)
            buffer += more
        }
        return true
    }
}
