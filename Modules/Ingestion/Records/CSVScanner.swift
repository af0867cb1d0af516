/// Records of delimited text by RFC 4180, read as forgivingly as can be done without guessing.
///
/// A record must have as many fields as the header. A quote inside an unquoted field is data. A quote that is opened and
/// never closed would swallow the rest of the file: then only the line that opened it is turned away, and reading goes on
/// with the next line.
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
    private(set) var lastRecord = LastRecord()
    private var needsHeader: Bool
    private var pending: [UInt8] = []
    /// Where `pending` begins in the content.
    private var offset: Int64 = 0
    private var isAtStart = true
    /// How far `pending` is known not to hold a whole record.
    private var searched = Search()

    private struct Search {
        var position = 0
        var isQuoted = false
        var isFieldStart = true
    }

    init(_ dialect: Dialect) {
        needsHeader = dialect.hasHeader
        delimiter = dialect.delimiter
        columns = dialect.columns.map(Self.unique)
    }

    mutating func scan(_ bytes: [UInt8], into sink: inout RecordSink) {
        pending += bytes
        drain(isAtEnd: false, into: &sink)
    }

    mutating func finish(into sink: inout RecordSink, problem: String?) {
        drain(isAtEnd: problem == nil, into: &sink)
        guard !pending.isEmpty, let problem else { return }
        lastRecord = LastRecord(start: offset, isTerminated: false)
        sink.reject(pending, problem)
        pending = []
    }

    private mutating func drain(isAtEnd: Bool, into sink: inout RecordSink) {
        skipByteOrderMark(isAtEnd: isAtEnd)
        var start = 0
        searched.position = max(searched.position, start)
        while start < pending.count {
            if let end = recordEnd() {
                take(start..<end, lineEnd: 1, into: &sink)
                start = end + 1
                searched = Search(position: start)
            } else if pending.count - start > longestRecord || (isAtEnd && searched.isQuoted) {
                let next = skipLine(from: start, isAtEnd: isAtEnd, into: &sink)
                guard next > start else { break }
                start = next
                searched = Search(position: start)
            } else if isAtEnd {
                take(start..<pending.count, lineEnd: 0, into: &sink)
                start = pending.count
            } else {
                break
            }
        }
        pending.removeFirst(start)
        offset += Int64(start)
        searched.position -= start
    }

    private mutating func skipByteOrderMark(isAtEnd: Bool) {
        guard isAtStart, isAtEnd || pending.count >= 3 else { return }
        isAtStart = false
        guard pending.starts(with: [0xEF, 0xBB, 0xBF]) else { return }
        pending.removeFirst(3)
        offset += 3
    }

    /// The index of the line end behind the record that is being searched, or nil if it is not in `pending`.
    private mutating func recordEnd() -> Int? {
        if delimiter == nil { delimiter = Self.delimiter(of: pending[searched.position...]) }
        guard !isAtStart else { return nil }
        let separator = delimiter ?? UInt8(ascii: ",")
        return unsafe pending.withUnsafeBufferPointer { bytes in
            var (position, isQuoted, isFieldStart) = (searched.position, searched.isQuoted, searched.isFieldStart)
            defer { searched = Search(position: position, isQuoted: isQuoted, isFieldStart: isFieldStart) }
            while position < bytes.count {
                let byte = unsafe bytes[position]
                if isQuoted {
                    if byte == UInt8(ascii: "\"") { isQuoted = false }
                } else if byte == UInt8(ascii: "\"") {
                    // A quote opens a field at its start, or doubles the one that has just closed.
                    if unsafe isFieldStart || bytes[position - 1] == UInt8(ascii: "\"") { isQuoted = true }
                } else if byte == UInt8(ascii: "\n") {
                    return position
                }
                isFieldStart = byte == separator && !isQuoted
                position += 1
            }
            return nil
        }
    }

    /// Turns away the first line of a record that has no end, and returns where the next begins.
    private mutating func skipLine(from start: Int, isAtEnd: Bool, into sink: inout RecordSink) -> Int {
        let end = pending[start...].firstIndex(of: UInt8(ascii: "\n"))
        guard let end = end ?? (isAtEnd ? pending.count : nil) else {
            // One endless line: keep its beginning for the dead letters, drop what follows until its end comes.
            let surplus = pending.count - start - longestRecord
            if surplus > 0 {
                pending.removeLast(surplus)
                offset += Int64(surplus)
                searched.position = min(searched.position, pending.count)
            }
            return start
        }
        lastRecord = LastRecord(start: offset + Int64(start), isTerminated: end < pending.count)
        let reason = searched.isQuoted ? "a quote is opened and never closed" : "it is longer than \(longestRecord >> 20) MiB"
        sink.reject(pending[start..<end], reason)
        return min(end + 1, pending.count)
    }

    private mutating func take(_ range: Range<Int>, lineEnd: Int, into sink: inout RecordSink) {
        var record = pending[range]
        if record.last == UInt8(ascii: "\r") { record = record.dropLast() }
        guard record.contains(where: { $0 != 32 && $0 != 9 }) else { return }
        let separator = delimiter ?? UInt8(ascii: ",")
        (delimiter, sink.separator) = (separator, separator)
        if needsHeader {
            needsHeader = false
            columns = Self.unique(CSVRecord(record, delimiter: separator).fields())
            return
        }
        lastRecord = LastRecord(start: offset + Int64(range.lowerBound), isTerminated: lineEnd > 0)
        guard record.count <= longestRecord else {
            return sink.reject(record, "it is longer than \(longestRecord >> 20) MiB")
        }
        let read = CSVRecord(record, delimiter: separator)
        if columns == nil { columns = (1...max(1, read.fieldCount)).map { "column_\($0)" } }
        let expected = columns?.count ?? 0
        if read.fieldCount != expected {
            sink.reject(record, "it has \(read.fieldCount) fields, the header has \(expected)")
        } else if let problem = read.problem {
            sink.reject(record, problem)
        } else {
            sink.hasLineEnds = sink.hasLineEnds || read.hasLineEnd
            if read.needsRewriting { sink.accept(read.rewritten()) } else { sink.accept(record) }
        }
    }

    /// The one of `, ; tab |` that occurs most often outside quotes in the first line.
    static func delimiter(of bytes: ArraySlice<UInt8>) -> UInt8? {
        var counts: [UInt8: Int] = [:]
        var isQuoted = false
        for byte in bytes {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == UInt8(ascii: "\n"), !isQuoted { break }
            if !isQuoted, [UInt8(ascii: ","), UInt8(ascii: ";"), 9, UInt8(ascii: "|")].contains(byte) { counts[byte, default: 0] += 1 }
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    /// Names as a table can have them: no name is empty, none stands twice, none has a character that Parquet readers refuse.
    static func unique(_ names: [String]) -> [String] {
        var taken: Set<String> = []
        return names.enumerated().map { index, name in
            var trimmed = name
            while trimmed.first == " " { trimmed.removeFirst() }
            while trimmed.last == " " { trimmed.removeLast() }
            let base = trimmed.isEmpty ? "column_\(index + 1)" : String(trimmed.map { " ,;{}()\n\t=".contains($0) ? "_" : $0 })
            var unique = base
            var count = 2
            while !taken.insert(unique.lowercased()).inserted {
                unique = "\(base)_\(count)"
                count += 1
            }
            return unique
        }
    }
}
