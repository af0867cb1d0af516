internal import Gzip
public import PipelineCore

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

    /// Where a log's writer stands among the files of a ledger.
    static func path(of writer: String) -> String { "log/\(writer)" }

    /// The mark as the ledger of a source has to know it; the file lies in the log's directory.
    public func landing(of source: String, in directory: String) -> LandingMark {
        LandingMark(
            source: source,
            path: Self.path(of: writer),
            nextRow: number,
            file: "\(directory)/\(LogDirectory.markName)"
        )
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
