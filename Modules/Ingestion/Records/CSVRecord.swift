/// One record of delimited text: how many fields, and whether the engine can be given it as it stands.
struct CSVRecord {
    private let bytes: ArraySlice<UInt8>
    private let delimiter: UInt8
    private(set) var fieldCount = 1
    private(set) var hasLineEnd = false
    /// Why the record cannot be used.
    private(set) var problem: String?
    /// A quote stands inside an unquoted field: data to us, a mistake to a strict reader.
    private(set) var needsRewriting = false

    init(_ bytes: ArraySlice<UInt8>, delimiter: UInt8) {
        self.bytes = bytes
        self.delimiter = delimiter
        var isQuoted = false
        var wasQuoted = false
        var isFieldStart = true
        var isClean = true
        for byte in bytes {
            isClean = isClean && byte >= 2 && byte < 128
            if isQuoted {
                if byte == UInt8(ascii: "\"") { isQuoted = false }
                hasLineEnd = hasLineEnd || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            } else if byte == delimiter {
                fieldCount += 1
                isFieldStart = true
                wasQuoted = false
                continue
            } else if byte == UInt8(ascii: "\"") {
                if isFieldStart || wasQuoted {
                    isQuoted = true
                    wasQuoted = true
                } else {
                    needsRewriting = true
                }
            } else if wasQuoted {
                problem = "text follows a closing quote"
            } else if byte == UInt8(ascii: "\r") {
                needsRewriting = true
            }
            isFieldStart = false
        }
        if problem == nil, !isClean { problem = Ingestion.problem(inText: bytes) }
    }

    /// The fields' values, unquoted.
    func fields() -> [String] { raw().map { String(decoding: Self.value($0), as: UTF8.self) } }

    /// The same record as a strict reader wants it: every field quoted that needs it.
    func rewritten() -> [UInt8] {
        var result: [UInt8] = []
        for (index, field) in raw().enumerated() {
            if index > 0 { result.append(delimiter) }
            if field.first != UInt8(ascii: "\""), field.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\r") }) {
                appendQuoted(Array(field), to: &result)
            } else {
                result.append(contentsOf: field)
            }
        }
        return result
    }

    private func raw() -> [ArraySlice<UInt8>] {
        var fields: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        var isQuoted = false
        var isFieldStart = true
        for index in bytes.indices {
            let byte = bytes[index]
            if isQuoted {
                if byte == UInt8(ascii: "\"") { isQuoted = false }
            } else if byte == delimiter {
                fields.append(bytes[start..<index])
                start = index + 1
                isFieldStart = true
                continue
            } else if byte == UInt8(ascii: "\""), isFieldStart || bytes[start] == byte {
                isQuoted = true
            }
            isFieldStart = false
        }
        fields.append(bytes[start...])
        return fields
    }

    private static func value(_ field: ArraySlice<UInt8>) -> [UInt8] {
        guard field.first == UInt8(ascii: "\""), field.count >= 2 else { return Array(field) }
        var value: [UInt8] = []
        var isEscaped = false
        for byte in field.dropFirst().dropLast() {
            if byte == UInt8(ascii: "\""), !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            value.append(byte)
        }
        return value
    }
}
