internal import PipelineCore

/// Turns rows of canonical CSV into rows of one flavor: bytes that need no change are copied as they stand.
struct RowRewriter {
    /// What may have to be done to the fields of a column.
    enum Rule: Hashable {
        /// `2026-11-21` stays as it is; no tool reads what is no such day.
        case plainDate
        /// `2026-11-21` becomes `20261121`.
        case compactDate
        /// `2026-11-21 07:31:17.123456+00` becomes `20261121073117`.
        case compactTimestamp
        /// The same becomes `2026-11-21 07:31:17.123456`, with the given byte between date and time.
        case plainTimestamp(separator: UInt8)
        /// Infinity and NaN, which no BI tool reads from text, become NULL.
        case finiteNumber
        /// Line breaks become spaces; a text that a spreadsheet would run gets a quote in front.
        case text(joinsLines: Bool, escapesFormulas: Bool)
    }

    /// NULL in the only column would be an empty line, which most readers skip: it is written as `""`.
    private let hasOneColumn: Bool

    /// Only the columns that have a rule, in order.
    private let rules: [(column: Int, rule: Rule)]
    private var reader: CanonicalCSVReader
    /// How many infinite or undefined numbers were left empty, by column.
    private(set) var emptiedCounts: [Int: Int] = [:]

    init(_ definition: DatasetDefinition, _ options: CSVOptions) {
        reader = CanonicalCSVReader(definition)
        hasOneColumn = definition.schema.fields.count == 1
        rules = definition.schema.fields.enumerated().compactMap { column, field in
            Self.rule(for: field.type, options).map { (column, $0) }
        }
    }

    /// Whether chunks can be written as they are.
    var changesNothing: Bool { rules.isEmpty && !hasOneColumn }

    private static func rule(for type: DataType, _ options: CSVOptions) -> Rule? {
        switch (type, options.flavor) {
        case (.date, .dataStudio): .compactDate
        case (.date, _): .plainDate
        case (.timestamptz, .dataStudio): .compactTimestamp
        case (.timestamptz, .powerBI): .plainTimestamp(separator: UInt8(ascii: "T"))
        case (.timestamptz, .tableau): .plainTimestamp(separator: UInt8(ascii: " "))
        case (.double, _): .finiteNumber
        case (.varchar, _), (.list, _), (.structure, _):
            options.flavor == .dataStudio || options.escapesFormulas
                ? .text(joinsLines: options.flavor == .dataStudio, escapesFormulas: options.escapesFormulas) : nil
        default: nil
        }
    }

    /// Appends the row that begins at `offset` and moves `offset` behind it; false at the end of the bytes.
    mutating func appendRow(of bytes: Span<UInt8>, at offset: inout Int, to output: inout [UInt8]) throws -> Bool {
        var copied = offset
        guard try reader.readRow(of: bytes, at: &offset) else { return false }
        if hasOneColumn, reader.fields[0].isNull { output += "\"\"".utf8 }
        for (column, rule) in rules where !reader.fields[column].range.isEmpty {
            try apply(rule, to: column, of: bytes, copiedUpTo: &copied, into: &output)
        }
        output.append(bytes: bytes.extracting(copied..<offset))
        return true
    }

    /// If the rule changes the column's field, appends all bytes before the field and what takes its place.
    private mutating func apply(
        _ rule: Rule,
        to column: Int,
        of bytes: Span<UInt8>,
        copiedUpTo copied: inout Int,
        into output: inout [UInt8]
    ) throws {
        let field = reader.fields[column]
        switch rule {
        case .plainDate:
            guard isCanonicalDate(bytes, field.range) else { throw outOfCalendar(column) }
        case .compactDate:
            guard isCanonicalDate(bytes, field.range) else { throw outOfCalendar(column) }
            copyUp(to: field, of: bytes, from: &copied, to: &output)
            appendDigits(Self.dateDigits, from: field.range.lowerBound, of: bytes, to: &output)
        case .compactTimestamp:
            guard let moment = CanonicalTimestamp(bytes, field.range) else { throw outOfCalendar(column) }
            copyUp(to: field, of: bytes, from: &copied, to: &output)
            appendDigits(Self.dateDigits, from: moment.start, of: bytes, to: &output)
            appendDigits(Self.timeDigits, from: moment.start, of: bytes, to: &output)
        case .plainTimestamp(let separator):
            guard let moment = CanonicalTimestamp(bytes, field.range) else { throw outOfCalendar(column) }
            copyUp(to: field, of: bytes, from: &copied, to: &output)
            output.append(bytes: bytes.extracting(moment.start..<moment.start + 10))
            output.append(separator)
            output.append(bytes: bytes.extracting(moment.start + 11..<field.range.upperBound - 3))
        case .finiteNumber:
            guard !isFinite(field.range, of: bytes) else { return }
            copyUp(to: field, of: bytes, from: &copied, to: &output)
            emptiedCounts[column, default: 0] += 1
        case .text(let joinsLines, let escapesFormulas):
            let isFormula = escapesFormulas && startsFormula(bytes[field.range.lowerBound])
            // Only a quoted field can hold a line break.
            let hasLines = joinsLines && field.isQuoted && holdsLineBreak(field.range, of: bytes)
            guard isFormula || hasLines else { return }
            copyUp(to: field, of: bytes, from: &copied, to: &output)
            appendText(field, of: bytes, isFormula: isFormula, joinsLines: hasLines, to: &output)
        }
    }

    /// Copies everything before the field and skips the field.
    private func copyUp(
        to field: CanonicalField,
        of bytes: Span<UInt8>,
        from copied: inout Int,
        to output: inout [UInt8]
    ) {
        let outer = field.outerRange
        output.append(bytes: bytes.extracting(copied..<outer.lowerBound))
        copied = outer.upperBound
    }

    private static let dateDigits = [0, 1, 2, 3, 5, 6, 8, 9]
    private static let timeDigits = [11, 12, 14, 15, 17, 18]

    private func appendDigits(_ places: [Int], from start: Int, of bytes: Span<UInt8>, to output: inout [UInt8]) {
        for place in places { output.append(bytes[start + place]) }
    }

    /// `inf`, `-inf` and `nan` are the only numbers with these letters.
    private func isFinite(_ range: Range<Int>, of bytes: Span<UInt8>) -> Bool {
        let last = bytes[range.upperBound - 1]
        return last != UInt8(ascii: "f") && last != UInt8(ascii: "n")
    }

    private func holdsLineBreak(_ range: Range<Int>, of bytes: Span<UInt8>) -> Bool {
        for position in range where bytes[position] == 0x0A || bytes[position] == 0x0D { return true }
        return false
    }

    private func appendText(
        _ field: CanonicalField,
        of bytes: Span<UInt8>,
        isFormula: Bool,
        joinsLines: Bool,
        to output: inout [UInt8]
    ) {
        let quote = UInt8(ascii: "\"")
        if field.isQuoted { output.append(quote) }
        if isFormula { output.append(UInt8(ascii: "'")) }
        if joinsLines {
            var previous: UInt8 = 0
            for position in field.range {
                let byte = bytes[position]
                let isBreak = byte == 0x0A || byte == 0x0D
                // The two bytes of a Windows line break are one.
                if !(byte == 0x0A && previous == 0x0D) { output.append(isBreak ? UInt8(ascii: " ") : byte) }
                previous = byte
            }
        } else {
            output.append(bytes: bytes.extracting(field.range))
        }
        if field.isQuoted { output.append(quote) }
    }

    private func outOfCalendar(_ column: Int) -> PipelineError {
        reader.mismatch(inColumn: column, hint: "BI tools know the years 0000 to 9999; correct or filter it in the job")
    }
}

/// Whether a spreadsheet may run a text that begins so, by OWASP's advice on CSV injection: = + - @, tab, carriage return,
/// line feed and NUL.
func startsFormula(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0D, 0x0A, 0x00: true
    default: false
    }
}
