internal import BlockingIO
internal import Gzip

/// Reads the records of one segment file in order, past damage where it can.
///
/// A record whose checksums do not fit is never returned. Behind one the reader looks for the next whole record, and says
/// how many events are missing in between once it knows. What follows the last whole record, where no end is marked, is where
/// writing stopped.
struct SegmentReader {
    /// The largest content that is believed; what cannot be compressed grows by a 255th.
    private static let largestContent = LZ4.largest + LZ4.largest / 128
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
    /// Where the last whole record ends, or the marked end.
    private(set) var end = Int64(SegmentHeader.size)
    /// What the segment begins with, or else what its name tells.
    let header: SegmentHeader
    /// Whether the segment has records and does not begin with its header.
    let isHeaderDamaged: Bool

    /// Opens a segment; the caller closes it.
    init(_ name: SegmentName, in directory: String, files: any FileOperations) throws {
        self.files = files
        descriptor = try files.openFile("\(directory)/\(name.text)")
        buffer = try files.read(descriptor, at: 0, count: Self.chunkSize)
        fileOffset = Int64(buffer.count)
        let own = SegmentHeader(buffer[...])
        header = own ?? name.header
        isHeaderDamaged = own == nil && buffer.count > SegmentHeader.size
        next = header.number
        position = own == nil ? 0 : SegmentHeader.size
    }

    func close() { try? files.close(descriptor) }  // Nothing was written through it.

    /// The next whole record whose number lies below `limit`; nil at the end.
    mutating func record(below limit: Int64 = .max) throws -> LogRecord? {
        while true {
            guard try fill(LogRecord.headerSize) else { return nil }
            if passEnd() { continue }
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
        pass(record.number, count: record.count, size: LogRecord.headerSize + record.content.count)
    }

    /// Goes behind the mark of the segment's end, if it stands at the position.
    private mutating func passEnd() -> Bool {
        guard let header = LogRecord.Header(buffer[position...]), header.isEnd, header.number >= next else {
            return false
        }
        pass(header.number, count: 0, size: LogRecord.headerSize)
        return true
    }

    private mutating func pass(_ number: Int64, count: Int, size: Int) {
        missing += number - next
        next = number + Int64(count)
        position += size
        end = fileOffset - Int64(buffer.count - position)
    }

    private func isBelievable(_ header: LogRecord.Header) -> Bool {
        header.length <= Self.largestContent && header.count > 0 && header.number >= next
    }

    /// Whether what follows the last whole record, up to the file's end at `size`, is a write that was cut off: the beginning
    /// of one record, or bytes that never came and read as zeros.
    func isCutOff(at size: Int64) throws -> Bool {
        // No record is as short as that: its content is not empty.
        guard size - end > LogRecord.headerSize else { return true }
        let start = try files.read(descriptor, at: end, count: LogRecord.headerSize)
        if let header = LogRecord.Header(start[...]), isBelievable(header) {
            return end + Int64(LogRecord.headerSize + header.length) > size
        }
        var offset = end
        while offset < size {
            let bytes = try files.read(descriptor, at: offset, count: Self.chunkSize)
            guard !bytes.isEmpty, bytes.allSatisfy({ $0 == 0 }) else { return false }
            offset += Int64(bytes.count)
        }
        return true
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
