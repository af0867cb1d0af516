internal import Gzip

/// One record of a segment: the lines of events that were acknowledged together.
///
/// In a file: marker, checksum of the header, then the header proper (checksum of the content, its length, the number of
/// its events, the first one's number), then the content, which is the lines in LZ4; integers are little-endian.
struct LogRecord: Equatable {
    /// Bytes that no UTF-8 text holds; what else has them has no header's checksum behind them.
    static let marker: [UInt8] = [0xFF, 0x4D, 0x52, 0xFE]
    static let headerSize = 28

    /// The number of the first event.
    let number: Int64
    /// How many events the lines hold.
    let count: Int
    /// Whole lines.
    let lines: [UInt8]
    /// The lines as a file holds them.
    let content: [UInt8]

    init(number: Int64, count: Int, lines: [UInt8]) {
        self.number = number
        self.count = count
        self.lines = lines
        content = LZ4.compressed(lines)
    }

    /// Nil where the content is not what was written.
    init?(_ header: Header, content: ArraySlice<UInt8>) {
        guard Checksum.crc32(content) == header.checksum, let lines = LZ4.plain(content) else { return nil }
        number = header.number
        count = header.count
        self.lines = lines
        self.content = Array(content)
    }

    /// Adds a record's bytes; the checksum of the content is the caller's, who may have had the time for it earlier.
    static func append(_ content: [UInt8], checksum: UInt32, count: Int, number: Int64, to bytes: inout [UInt8]) {
        var header: [UInt8] = []
        header.append(littleEndian: checksum)
        header.append(littleEndian: UInt32(content.count))
        header.append(littleEndian: UInt32(count))
        header.append(littleEndian: UInt64(bitPattern: number))
        bytes += marker
        bytes.append(littleEndian: Checksum.crc32(header[...]))
        bytes += header
        bytes += content
    }

    /// What stands behind the last record of a segment that was ended: a header of no events, whose number is the one after them.
    ///
    /// Without it nobody could tell a last record that is damaged from one that was never whole.
    static func end(at number: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        append([], checksum: 0, count: 0, number: number, to: &bytes)
        return bytes
    }

    /// The record as it stands in a file.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        Self.append(content, checksum: Checksum.crc32(content[...]), count: count, number: number, to: &bytes)
        return bytes
    }

    /// What a record's header says.
    struct Header {
        let checksum: UInt32
        let length: Int
        let count: Int
        let number: Int64

        /// Whether it is that of ``LogRecord/end(at:)``.
        var isEnd: Bool { count == 0 && length == 0 }

        /// Nil where no header stands.
        init?(_ bytes: ArraySlice<UInt8>) {
            guard bytes.count >= headerSize, bytes.starts(with: marker) else { return nil }
            let fields = bytes.dropFirst(8).prefix(headerSize - 8)
            guard Checksum.crc32(fields) == bytes.littleEndian(at: 4, as: UInt32.self) else { return nil }
            checksum = bytes.littleEndian(at: 8, as: UInt32.self)
            length = Int(bytes.littleEndian(at: 12, as: UInt32.self))
            count = Int(bytes.littleEndian(at: 16, as: UInt32.self))
            number = Int64(bitPattern: bytes.littleEndian(at: 20, as: UInt64.self))
        }
    }
}

extension [UInt8] {
    mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
        for byte in 0..<(Value.bitWidth / 8) { append(UInt8(truncatingIfNeeded: value >> Value(byte * 8))) }
    }
}

extension ArraySlice<UInt8> {
    func littleEndian<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Value {
        (0..<(Value.bitWidth / 8)).reduce(0) { $0 | Value(self[startIndex + offset + $1]) << Value($1 * 8) }
    }
}
