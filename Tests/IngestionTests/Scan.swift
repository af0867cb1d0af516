import PipelineCore

@testable import Ingestion

/// What a scanner made of some content.
struct Scan: Equatable {
    struct Record: Equatable, Comparable {
        let row: Int64
        let bytes: [UInt8]
        /// Why it was rejected; nil if it was not.
        var reason: String?
        static func < (left: Record, right: Record) -> Bool { left.row < right.row }
    }
    var records: [Record] = []
    var resumption = Resumption()
    var columns: [String]?
    var delimiter: UInt8?

    var accepted: [String] { records.filter { $0.reason == nil }.map { String(decoding: $0.bytes, as: UTF8.self) } }
    var reasons: [String] { records.compactMap(\.reason) }
    var rejected: [[UInt8]] { records.filter { $0.reason != nil }.map(\.bytes) }

    /// An index that no content is likely to contain.
    private static let index = 987_654

    /// Scans chunks to their end.
    init(_ scanner: some RecordScanner, _ chunks: [[UInt8]], firstRow: Int64 = 1, problem: String? = nil) {
        var scanner = scanner
        var sink = RecordSink(fileIndex: Self.index, firstRow: firstRow)
        for chunk in chunks {
            scanner.scan(chunk, into: &sink)
            take(&sink)
        }
        scanner.finish(into: &sink, problem: problem)
        let count = sink.count
        take(&sink)
        precondition(count == records.count)
        records.sort()
        (resumption, columns, delimiter) = (scanner.resumption, scanner.columns, scanner.delimiter)
    }

    init(_ scanner: some RecordScanner, _ text: String, problem: String? = nil) {
        self.init(scanner, [Array(text.utf8)], problem: problem)
    }

    private mutating func take(_ sink: inout RecordSink) {
        let prefix = Array("\(Self.index)".utf8)
        for record in Self.split(sink.clean, before: prefix + [sink.separator]) {
            let parts = record.dropFirst(prefix.count + 1).split(
                separator: sink.separator,
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            records.append(
                Record(row: Int64(String(decoding: parts[0], as: UTF8.self)) ?? -1, bytes: Array(parts[1].dropLast()))
            )
        }
        for record in Self.split(sink.rejected, before: prefix + [.comma]) {
            let line = Array(record.dropLast())
            let values = CSVRecord.values(of: line.span, delimiter: .comma)
            precondition(values.count == 5)
            let raw = values[3] == "text" ? Array(values[4].utf8) : Self.base64(values[4])
            records.append(Record(row: Int64(values[1]) ?? -1, bytes: raw, reason: values[2]))
        }
        sink.clean = []
        sink.rejected = []
    }

    private static func split(_ bytes: [UInt8], before prefix: [UInt8]) -> [[UInt8]] {
        var starts: [Int] = []
        var index = 0
        while index + prefix.count <= bytes.count {
            if bytes[index] == prefix[0], index == 0 || bytes[index - 1] == .lineFeed,
                bytes[index...].starts(with: prefix)
            {
                starts.append(index)
            }
            index += 1
        }
        return starts.indices.map { Array(bytes[starts[$0]..<($0 + 1 < starts.count ? starts[$0 + 1] : bytes.count)]) }
    }

    private static func base64(_ text: String) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var bytes: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for byte in text.utf8 {
            guard let value = alphabet.firstIndex(of: byte) else { break }
            (bits, count) = (bits << 6 | UInt32(value), count + 6)
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension [UInt8] {
    /// The bytes cut at random places into chunks of at most `size`.
    func cut(upTo size: Int, using random: inout SeededRandom) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        var start = 0
        while start < count {
            let end = Swift.min(count, start + Int.random(in: 1...size, using: &random))
            chunks.append(Array(self[start..<end]))
            start = end
        }
        return chunks
    }

    /// The bytes with a few small changes of the kind that breaks files.
    func mutated(using random: inout SeededRandom) -> [UInt8] {
        let troubles: [[UInt8]] = [
            [0], [1], [0x0A], [0x0D], [0x0D, 0x0A], [0x22], [0x22, 0x22], [0x2C], [0x3B], [0x09], [0x5C], [0xFF],
            [0xC3], [0xE2, 0x82],
            [0xEF, 0xBB, 0xBF], [0x7B], [0x7D], [0x5B], [0x5D], [0x20], Array("\\u0000".utf8), Array("ż€😀".utf8),
            [0x22, 0x0A, 0x22],
        ]
        var bytes = self
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let position = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.insert(contentsOf: troubles.randomElement(using: &random) ?? [], at: position)
            case 1:
                bytes.removeSubrange(
                    position..<Swift.min(bytes.count, position + Int.random(in: 1...9, using: &random))
                )
            case 2 where position < bytes.count: bytes[position] = UInt8.random(in: 0...255, using: &random)
            default:
                let end = Swift.min(bytes.count, position + Int.random(in: 1...30, using: &random))
                bytes.insert(contentsOf: bytes[position..<end], at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return bytes
    }
}
