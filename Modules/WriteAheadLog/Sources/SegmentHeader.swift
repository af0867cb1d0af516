internal import Gzip

/// What a segment file begins with.
struct SegmentHeader: Equatable {
    static let size = 44
    private static let magic = Array("MILLRWA1".utf8)

    /// Who wrote the segment, 16 bytes; see ``LogSegment/writer``.
    var writer: [UInt8]
    /// The number of the first event.
    var number: Int64
    /// When the segment was begun, in microseconds since 1970.
    var created: Int64

    /// The writer as ``LogSegment`` tells it.
    var writerName: String { writer.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }

    /// A writer that there has not been before.
    static func newWriter() -> [UInt8] { (0..<16).map { _ in UInt8.random(in: 0...255) } }

    var bytes: [UInt8] {
        var bytes = Self.magic + writer
        bytes.append(littleEndian: UInt64(bitPattern: number))
        bytes.append(littleEndian: UInt64(bitPattern: created))
        bytes.append(littleEndian: Checksum.crc32(bytes[...]))
        return bytes
    }

    init(writer: [UInt8], number: Int64, created: Int64) {
        self.writer = writer
        self.number = number
        self.created = created
    }

    /// Nil where no header stands.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= Self.size, bytes.starts(with: Self.magic) else { return nil }
        let fields = bytes.prefix(Self.size - 4)
        guard Checksum.crc32(fields) == bytes.littleEndian(at: Self.size - 4, as: UInt32.self) else { return nil }
        writer = Array(fields.dropFirst(8).prefix(16))
        number = Int64(bitPattern: bytes.littleEndian(at: 24, as: UInt64.self))
        created = Int64(bitPattern: bytes.littleEndian(at: 32, as: UInt64.self))
    }
}
