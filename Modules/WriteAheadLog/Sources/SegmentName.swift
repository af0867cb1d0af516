/// What a segment's file is called, such as `001795000000-0f…2a-1.log`: its place, its writer, and the number of its first event.
///
/// So its events land as what they are even where its header is damaged.
struct SegmentName: Hashable {
    private static let ending = ".log"

    /// Its place among all segments of the log.
    let sequence: Int64
    /// See ``LogSegment/writer``.
    let writer: [UInt8]
    /// The number of the first event.
    let number: Int64

    init(_ sequence: Int64, of header: SegmentHeader) {
        (self.sequence, writer, number) = (sequence, header.writer, header.number)
    }

    /// Nil for files that are no segments.
    init?(_ file: String) {
        guard file.hasSuffix(Self.ending) else { return nil }
        let parts = file.dropLast(Self.ending.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let sequence = Int64(parts[0]), let writer = Self.bytes(parts[1]),
            let number = Int64(parts[2]), number > 0
        else { return nil }
        (self.sequence, self.writer, self.number) = (sequence, writer, number)
        guard text == file else { return nil }
    }

    var text: String {
        let digits = String(sequence)
        let place = String(repeating: "0", count: max(0, 12 - digits.count)) + digits
        return "\(place)-\(header.writerName)-\(number)\(Self.ending)"
    }

    /// The header that the file should have; of the moment only what the place tells, which begins at the one when the log
    /// was opened.
    var header: SegmentHeader { SegmentHeader(writer: writer, number: number, created: sequence) }

    /// 16 bytes from 32 digits.
    private static func bytes(_ digits: Substring) -> [UInt8]? {
        let digits = digits.compactMap(\.hexDigitValue)
        guard digits.count == 32 else { return nil }
        return stride(from: 0, to: 32, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
