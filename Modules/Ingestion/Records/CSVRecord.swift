internal import PipelineCore

/// Follows one record of delimited text byte by byte, wherever the chunks are cut.
struct CSVRecord {
    /// What a byte means.
    enum Step { case inside, fieldEnd, recordEnd }

    private enum State {
        case fieldStart, plain, quoted
        /// Behind a quote that has closed the field, unless another follows.
        case closed
        /// Behind carriage returns that belong to the line end, if it comes.
        case plainReturn, closedReturn
    }

    private var state = State.fieldStart
    /// How many bytes have been taken.
    private(set) var length = 0
    private(set) var fieldCount = 1
    /// A line end or carriage return stands inside quotes.
    private(set) var hasLineEnd = false
    /// A quote stands inside an unquoted field: data to us, a mistake to a strict reader.
    private(set) var hasStrayQuote = false
    /// Why the record cannot be used.
    private(set) var problem: String?

    var isInQuotes: Bool { state == .quoted }

    /// A record whose fields have not begun.
    init() {}

    /// A record without any quote, known as a whole.
    init(plain record: Span<UInt8>, delimiter: UInt8) { fieldCount = record.count(of: delimiter) + 1 }

    mutating func take(_ byte: UInt8, delimiter: UInt8) -> Step {
        length += 1
        if state == .quoted {
            if byte == .quote { state = .closed }
            hasLineEnd = hasLineEnd || byte == .lineFeed || byte == .carriageReturn
            return .inside
        }
        if state == .closed, byte == .quote {
            state = .quoted
            return .inside
        }
        if byte == .lineFeed { return .recordEnd }
        if byte == .carriageReturn {
            state = state == .closed || state == .closedReturn ? .closedReturn : .plainReturn
            return .inside
        }
        if state == .plainReturn || state == .closedReturn { problem = Self.strayReturn }
        if byte == delimiter {
            state = .fieldStart
            fieldCount += 1
            return .fieldEnd
        }
        switch (state, byte) {
        case (.fieldStart, .quote): state = .quoted
        case (.closed, _):
            problem = "text follows a closing quote"
            state = .plain
        default:
            hasStrayQuote = hasStrayQuote || byte == .quote
            state = .plain
        }
        return .inside
    }

    static let strayReturn = "a carriage return stands outside quotes"

    /// Where the fields of a whole record stand, quotes included.
    static func fields(of record: Span<UInt8>, delimiter: UInt8) -> [Range<Int>] {
        var reader = CSVRecord()
        var fields: [Range<Int>] = []
        var start = 0
        for index in record.indices where reader.take(record[index], delimiter: delimiter) == .fieldEnd {
            fields.append(start..<index)
            start = index + 1
        }
        return fields + [start..<record.count]
    }

    /// The values of a whole record without a problem.
    static func values(of record: Span<UInt8>, delimiter: UInt8) -> [String] {
        fields(of: record, delimiter: delimiter).map { field in
            let bytes = field.map { record[$0] }
            guard bytes.first == .quote else { return String(decoding: bytes, as: UTF8.self) }
            return String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self).replacing("\"\"", with: "\"")
        }
    }

    /// The same record as a strict reader wants it: unquoted fields that hold a quote are quoted.
    static func quotingStrayQuotes(in record: Span<UInt8>, delimiter: UInt8) -> [UInt8] {
        var result: [UInt8] = []
        for field in fields(of: record, delimiter: delimiter) {
            if field.lowerBound > 0 { result.append(delimiter) }
            let bytes = record.extracting(field)
            if !bytes.isEmpty, bytes[0] != .quote, bytes.contains(.quote) {
                result.append(quoted: bytes)
            } else {
                result.append(bytes: bytes)
            }
        }
        return result
    }
}
