/// One field of a row of canonical CSV: where its content stands in the bytes, still escaped.
public struct CanonicalField: Sendable, Hashable {
    /// The content in the bytes, without the quotes around it.
    public let range: Range<Int>
    /// Whether quotes stand around the content; an empty field without them is NULL.
    public let isQuoted: Bool
    /// Whether quotes inside the content are doubled, so that the bytes are not yet the text.
    public let isEscaped: Bool

    /// NULL, as opposed to the empty text.
    public var isNull: Bool { !isQuoted && range.isEmpty }

    /// The field as it stands in the row, quotes included.
    public var outerRange: Range<Int> {
        isQuoted ? range.lowerBound - 1..<range.upperBound + 1 : range
    }

    /// Appends the content to `output`, doubled quotes made single.
    public func appendText(of bytes: Span<UInt8>, to output: inout [UInt8]) {
        guard isEscaped else {
            output.append(bytes: bytes.extracting(range))
            return
        }
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = bytes[position]
            output.append(byte)
            position += byte == CanonicalCSVReader.quote ? 2 : 1
        }
    }
}

/// Walks the rows of canonical CSV chunks (see ``RowChunk``) without copying or decoding a field.
///
///     var offset = 0
///     while try reader.readRow(of: bytes, at: &offset) { use(reader.fields) }
///
/// A chunk holds whole rows: one that ends inside a row is malformed.
public struct CanonicalCSVReader: Sendable {
    static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let newline = UInt8(ascii: "\n")

    /// The fields of the row that was read last; as many as the definition has columns.
    public private(set) var fields: [CanonicalField] = []
    /// How many rows have been read, over all chunks.
    public private(set) var rowCount = 0
    private let dataset: DatasetName
    private let columns: [Field]

    /// A reader of rows that have the columns of `definition`, in its order.
    public init(_ definition: DatasetDefinition) {
        dataset = definition.name
        columns = definition.schema.fields
        fields.reserveCapacity(columns.count)
    }

    /// Reads the row that begins at `offset` and moves `offset` behind it; false at the end of the bytes.
    ///
    /// Throws `corruptData` for anything that is not a whole row with the right number of fields.
    public mutating func readRow(of bytes: Span<UInt8>, at offset: inout Int) throws -> Bool {
        guard offset < bytes.count else { return false }
        fields.removeAll(keepingCapacity: true)
        var position = offset
        var separator = Self.comma
        while separator == Self.comma {
            let field = try readField(of: bytes, at: &position)
            fields.append(field)
            guard position < bytes.count else { throw malformed("the chunk ends inside the row") }
            separator = bytes[position]
            position += 1
        }
        guard separator == Self.newline else { throw malformed("text follows a closing quote") }
        guard fields.count == columns.count else {
            throw malformed("it has \(fields.count) fields where \(columns.count) belong")
        }
        offset = position
        rowCount += 1
        return true
    }

    /// The error for a field of the current row that is not a value of its column's type; it does not tell the value.
    public func mismatch(inColumn index: Int, hint: String? = nil) -> PipelineError {
        PipelineError(
            .schemaMismatch,
            "row \(rowCount), column '\(columns[index].name)' holds no \(columns[index].type)",
            while: "reading the rows of '\(dataset)'",
            hint: hint
        )
    }

    @inline(__always)
    private func readField(of bytes: Span<UInt8>, at position: inout Int) throws -> CanonicalField {
        let end = bytes.count
        if position < end, bytes[position] == Self.quote { return try readQuoted(of: bytes, at: &position) }
        let start = position
        while position < end {
            let byte = bytes[position]
            // All that ends a field is at or below the comma; nearly all content lies above it.
            if byte <= Self.comma {
                if byte == Self.comma || byte == Self.newline { break }
                if byte == Self.quote { throw malformed("a quote stands inside an unquoted field") }
            }
            position += 1
        }
        return CanonicalField(range: start..<position, isQuoted: false, isEscaped: false)
    }

    private func readQuoted(of bytes: Span<UInt8>, at position: inout Int) throws -> CanonicalField {
        let end = bytes.count
        let start = position + 1
        var isEscaped = false
        position = start
        while position < end {
            if bytes[position] != Self.quote {
                position += 1
            } else if position + 1 < end, bytes[position + 1] == Self.quote {
                isEscaped = true
                position += 2
            } else {
                position += 1
                return CanonicalField(range: start..<position - 1, isQuoted: true, isEscaped: isEscaped)
            }
        }
        throw malformed("a quoted field does not end")
    }

    private func malformed(_ what: String) -> PipelineError {
        PipelineError(
            .corruptData,
            "row \(rowCount + 1) is no canonical CSV: \(what)",
            while: "reading the rows of '\(dataset)'"
        )
    }
}

extension [UInt8] {
    /// Appends a copy of the bytes.
    public mutating func append(bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

/// Builds chunks of canonical CSV, row by row.
public struct CanonicalCSVWriter: Sendable {
    private var bytes: [UInt8] = []
    private var rowCount = 0
    private var isAtRowStart = true

    /// A writer without rows.
    public init() {}

    /// How many bytes are waiting to be taken.
    public var byteCount: Int { bytes.count }

    /// Adds a field, in quotes where the text needs them; nil is NULL.
    public mutating func append(_ text: String?) {
        if !isAtRowStart { bytes.append(UInt8(ascii: ",")) }
        isAtRowStart = false
        guard let text else { return }
        Self.append(text, to: &bytes)
    }

    /// Ends the row.
    public mutating func endRow() {
        bytes.append(UInt8(ascii: "\n"))
        rowCount += 1
        isAtRowStart = true
    }

    /// Adds a whole row.
    public mutating func append(row: [String?]) {
        for field in row { append(field) }
        endRow()
    }

    /// Hands over the rows written since the last time.
    public mutating func takeChunk() -> RowChunk {
        defer { self = CanonicalCSVWriter() }
        return RowChunk(bytes: bytes, rowCount: rowCount)
    }

    /// Appends one field to `output`, in quotes if it is empty or holds a comma, a quote or a line break.
    public static func append(_ text: String, to output: inout [UInt8]) {
        let quote = CanonicalCSVReader.quote
        let needsQuotes = text.isEmpty || text.utf8.contains { $0 == 0x2C || $0 == quote || $0 == 0x0A || $0 == 0x0D }
        guard needsQuotes else {
            output += text.utf8
            return
        }
        output.append(quote)
        for byte in text.utf8 {
            if byte == quote { output.append(quote) }
            output.append(byte)
        }
        output.append(quote)
    }
}
