internal import PipelineCore

/// Records of delimited text by RFC 4180, read as forgivingly as can be done without guessing.
///
/// A record must have as many fields as the header. A quote inside an unquoted field is data. A quote that is opened and
/// never closed, or not within 16 MiB, would swallow what follows: then only the line that opened it is turned away, and
/// reading goes on with the next line. Without a header that can be read, no record can be understood.
struct CSVScanner: RecordScanner {
    /// What the config says about the file.
    struct Dialect: Equatable {
        /// Nil: found from the first record.
        var delimiter: UInt8?
        /// Whether the first record holds the column names.
        var hasHeader = true
        /// The column names, where there is no header or where a resumed file's header came with an earlier part.
        var columns: [String]?
    }

    private(set) var columns: [String]?
    private(set) var delimiter: UInt8?
    private(set) var resumption = Resumption()
    private var needsHeader: Bool
    private var hasBrokenHeader = false
    private var isAtStart: Bool
    /// The bytes from the beginning of the record that has no end yet.
    private var pending: [UInt8] = []
    /// Where `pending` begins in the content.
    private var offset: Int64 = 0
    /// The record at the beginning of `pending`, as far as it has been followed.
    private var record = CSVRecord()
    /// A line that is too long, as far as it is kept: its bytes are passed over until its end comes.
    private var endless: (beginning: [UInt8], start: Int64)?

    /// - Parameter isAtStart: whether scanning begins where the file does; only there can a byte order mark stand.
    init(_ dialect: Dialect, isAtStart: Bool) {
        self.isAtStart = isAtStart
        needsHeader = dialect.hasHeader
        delimiter = dialect.delimiter
        columns = dialect.columns.map(ColumnNames.distinct)
    }

    mutating func scan(_ bytes: [UInt8], into sink: inout RecordSink) {
        pending += bytes
        drain(isAtEnd: false, into: &sink)
    }

    mutating func finish(into sink: inout RecordSink, problem: String?) {
        drain(isAtEnd: false, into: &sink)
        // Until a whole record has told the names and the delimiter, a longer file may tell others.
        let isSettled = columns != nil && delimiter != nil
        resumption = isSettled ? Resumption(offset: endless?.start ?? offset, row: sink.row) : Resumption()
        if let problem {
            let rest = endless?.beginning ?? pending
            if !rest.isEmpty { reject(rest.span, problem, into: &sink) }
        } else if endless == nil {
            drain(isAtEnd: true, into: &sink)
        } else {
            endLine(into: &sink)
        }
    }

    private mutating func drain(isAtEnd: Bool, into sink: inout RecordSink) {
        // Out of the value while records are taken from it, so that they can change the value.
        var bytes: [UInt8] = []
        swap(&bytes, &pending)
        let done = take(bytes.span, isAtEnd: isAtEnd, into: &sink)
        bytes.removeFirst(done)
        offset += Int64(done)
        swap(&bytes, &pending)
    }

    /// Takes all records that end in the bytes, and at the end of the file the last one; returns how many bytes are done with.
    private mutating func take(_ bytes: Span<UInt8>, isAtEnd: Bool, into sink: inout RecordSink) -> Int {
        var start = 0
        if isAtStart {
            guard isAtEnd || bytes.count >= 3 else { return 0 }
            isAtStart = false
            if bytes.startsWithByteOrderMark { start = 3 }
        }
        var nextQuote = -1
        while start < bytes.count {
            if endless != nil {
                guard let end = bytes.firstIndex(of: .lineFeed, from: start) else { return bytes.count }
                endLine(into: &sink)
                start = end + 1
                continue
            }
            // What a record is must not depend on how much of the file happens to be here.
            let isLong = bytes.count - start >= Self.reach
            let within = bytes.extracting(0..<(isLong ? start + Self.reach : bytes.count))
            guard findDelimiter(within.extracting(start..<within.count), isWhole: isLong || isAtEnd) else { break }
            if nextQuote < start { nextQuote = bytes.firstIndex(of: .quote, from: start) ?? .max }
            if let end = recordEnd(within, from: start, nextQuote: nextQuote) {
                take(bytes.extracting(start..<end), into: &sink)
                start = end + 1
            } else if isLong || isAtEnd && record.isInQuotes {
                start = skipLine(within, from: start, isLong: isLong, into: &sink)
            } else if isAtEnd {
                take(within.extracting(start..<within.count), into: &sink)
                start = within.count
            } else {
                break
            }
            record = CSVRecord()
        }
        return start
    }

    /// How far the end of a record is looked for: a line feed and a carriage return behind the longest.
    private static let reach = longestRecord + 2

    /// Finds the line end behind the record that begins at `start`; where it is not in the bytes, `record` says how it goes on.
    private mutating func recordEnd(_ bytes: Span<UInt8>, from start: Int, nextQuote: Int) -> Int? {
        let delimiter = delimiter ?? .comma
        if record.length == 0, let end = bytes.firstIndex(of: .lineFeed, from: start), end < nextQuote {
            record = CSVRecord(plain: bytes.extracting(start..<end), delimiter: delimiter)
            return end
        }
        var record = self.record
        defer { self.record = record }
        for index in start + record.length..<bytes.count
        where record.take(bytes[index], delimiter: delimiter) == .recordEnd { return index }
        return nil
    }

    /// Turns away the first line of a record that has no end, and returns where the next begins.
    private mutating func skipLine(
        _ bytes: Span<UInt8>,
        from start: Int,
        isLong: Bool,
        into sink: inout RecordSink
    ) -> Int {
        let end = bytes.firstIndex(of: .lineFeed, from: start)
        if end == nil, isLong {
            endless = ((start..<start + 1 << 20).map { bytes[$0] }, offset + Int64(start))
            return bytes.count
        }
        let line = bytes.extracting(start..<(end ?? bytes.count))
        reject(line, record.isInQuotes ? "a quote is opened and never closed" : tooLong, into: &sink)
        return min(start + line.count + 1, bytes.count)
    }

    private mutating func endLine(into sink: inout RecordSink) {
        guard let line = endless else { return }
        endless = nil
        reject(line.beginning.span, tooLong, into: &sink)
    }

    private mutating func reject(_ record: Span<UInt8>, _ reason: String, into sink: inout RecordSink) {
        hasBrokenHeader = hasBrokenHeader || needsHeader
        needsHeader = false
        sink.reject(record, reason)
    }

    /// Takes a whole record without its line feed.
    private mutating func take(_ line: Span<UInt8>, into sink: inout RecordSink) {
        var end = line.count
        while end > 0, line[end - 1] == .carriageReturn { end -= 1 }
        let record = line.extracting(0..<end)
        let form = self.record
        guard form.fieldCount > 1 || !record.isBlank else { return }
        let delimiter = delimiter ?? .comma
        let problem = problem(record, form)
        if needsHeader, problem == nil {
            needsHeader = false
            columns = ColumnNames.distinct(CSVRecord.values(of: record, delimiter: delimiter))
            return
        }
        if let problem { return reject(record, problem, into: &sink) }
        if columns == nil { columns = ColumnNames.distinct([String](repeating: "", count: form.fieldCount)) }
        let expected = columns?.count ?? 0
        guard form.fieldCount == expected else {
            return reject(record, "it has \(form.fieldCount) fields, the header has \(expected)", into: &sink)
        }
        sink.separator = delimiter
        sink.hasLineEnds = sink.hasLineEnds || form.hasLineEnd
        if form.hasStrayQuote {
            sink.accept(CSVRecord.quotingStrayQuotes(in: record, delimiter: delimiter).span)
        } else {
            sink.accept(record)
        }
    }

    private func problem(_ record: Span<UInt8>, _ form: CSVRecord) -> String? {
        if hasBrokenHeader { return "the header cannot be read" }
        if record.count > longestRecord { return tooLong }
        let traits = TextTraits(record)
        if let problem = traits.problem(in: record) ?? form.problem { return problem }
        // Of a record without quotes nothing is known yet.
        return form.length == 0 && traits.hasCarriageReturn ? CSVRecord.strayReturn : nil
    }

    /// Finds the delimiter from the first record, if it is there; false if it is not there yet.
    private mutating func findDelimiter(_ bytes: Span<UInt8>, isWhole: Bool) -> Bool {
        if delimiter == nil { delimiter = Self.delimiter(of: bytes, isWhole: isWhole) }
        return delimiter != nil
    }

    /// The one of `, ; tab |` that occurs most often outside quotes in the first line that is not blank; nil if it does not end.
    static func delimiter(of bytes: Span<UInt8>, isWhole: Bool) -> UInt8? {
        let candidates = [.comma, UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")]
        var counts = [0, 0, 0, 0]
        var isQuoted = false
        var isBlank = true
        var hasEnded = isWhole
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == .quote { isQuoted.toggle() }
            guard !isQuoted else { continue }
            if byte == .lineFeed, !isBlank {
                hasEnded = true
                break
            }
            isBlank = isBlank && (byte == 0x20 || byte == 0x09 || byte == .carriageReturn || byte == .lineFeed)
            if let candidate = candidates.firstIndex(of: byte) { counts[candidate] += 1 }
        }
        guard hasEnded else { return nil }
        let most = counts.indices.max { (counts[$0], $1) < (counts[$1], $0) } ?? 0
        return candidates[most]
    }
}
