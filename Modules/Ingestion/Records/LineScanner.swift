internal import PipelineCore

/// Records are lines: NDJSON and logs.
///
/// Blank lines are no records; carriage returns before the line end are dropped.
struct LineScanner: RecordScanner {
    /// Whether the lines are JSON, and not any text.
    private let isJSON: Bool
    /// The beginning of a line whose end has not come yet.
    private var partial: [UInt8] = []
    private var partialLength = 0
    /// How many bytes have been scanned.
    private var offset: Int64 = 0
    private var isAtStart: Bool
    private(set) var resumption = Resumption()
    var columns: [String]? { nil }
    var delimiter: UInt8? { nil }

    /// `isAtStart`: whether scanning begins where the file does; only there can a byte order mark stand.
    init(isJSON: Bool, isAtStart: Bool) {
        self.isJSON = isJSON
        self.isAtStart = isAtStart
    }

    mutating func scan(_ bytes: [UInt8], into sink: inout RecordSink) {
        let bytes = bytes.span
        offset += Int64(bytes.count)
        var start = 0
        if partialLength > 0 {
            let end = bytes.firstIndex(of: .lineFeed, from: 0) ?? bytes.count
            keep(bytes.extracting(0..<end))
            guard end < bytes.count else { return }
            takePartial(into: &sink)
            start = end + 1
        }
        while let end = bytes.firstIndex(of: .lineFeed, from: start) {
            take(bytes.extracting(start..<end), length: end - start, into: &sink)
            start = end + 1
        }
        keep(bytes.extracting(start..<bytes.count))
    }

    mutating func finish(into sink: inout RecordSink, problem: String?) {
        resumption = Resumption(offset: offset - Int64(partialLength), row: sink.row)
        guard partialLength > 0 else { return }
        if let problem { sink.reject(partial.span, problem) } else { takePartial(into: &sink) }
    }

    /// Keeps a line's beginning: enough to tell that it is too long, whatever is dropped from its ends.
    private mutating func keep(_ bytes: Span<UInt8>) {
        partialLength += bytes.count
        let room = longestRecord + 8 - partial.count
        if room > 0 { partial.append(bytes: bytes.extracting(0..<min(room, bytes.count))) }
    }

    private mutating func takePartial(into sink: inout RecordSink) {
        var line: [UInt8] = []
        swap(&line, &partial)
        take(line.span, length: partialLength, into: &sink)
        partialLength = 0
        line.removeAll(keepingCapacity: line.capacity < 1 << 20)
        swap(&line, &partial)
    }

    /// Takes one line without its line feed, of which all `length` bytes are there unless it is too long.
    private mutating func take(_ line: Span<UInt8>, length: Int, into sink: inout RecordSink) {
        var (start, end) = (0, line.count)
        if isAtStart {
            isAtStart = false
            if line.startsWithByteOrderMark { start = 3 }
        }
        while end > start, line[end - 1] == .carriageReturn { end -= 1 }
        let record = line.extracting(start..<end)
        guard length > line.count || !record.isBlank else { return }
        if length > line.count || record.count > longestRecord {
            sink.reject(record, tooLong)
        } else if let problem = problem(record) {
            sink.reject(record, problem)
        } else if isJSON {
            sink.accept(json: record)
        } else {
            sink.accept(record)
        }
    }

    private func problem(_ record: Span<UInt8>) -> String? {
        let traits = TextTraits(record)
        if let problem = isJSON ? traits.problem(inJSON: record) : traits.problem(in: record) { return problem }
        // The engine would take it for a line end.
        return traits.hasCarriageReturn ? "it contains a carriage return" : nil
    }
}
