internal import Gzip

/// A place in what one writer has written: all events before it are meant.
///
/// In a file: writer, number and their checksum as one line of text.
public struct LogMark: Sendable, Equatable {
    /// Who wrote, 32 hexadecimal digits.
    public let writer: String
    /// The number after the last event that is meant.
    public let number: Int64

    init(writer: String, number: Int64) {
        self.writer = writer
        self.number = number
    }

    /// Nil where the file is not what was written.
    init?(_ bytes: [UInt8]) {
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard fields.count == 3, let number = Int64(fields[1]) else { return nil }
        self.init(writer: String(fields[0]), number: number)
        guard self.bytes == bytes else { return nil }
    }

    var bytes: [UInt8] {
        let text = "\(writer) \(number)"
        return Array("\(text) \(String(Checksum.crc32(Array(text.utf8)[...]), radix: 16))\n".utf8)
    }
}
