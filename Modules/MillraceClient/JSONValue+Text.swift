#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension JSONValue {
    /// The members that a value encodes as; dates become ISO 8601 in UTC with milliseconds.
    static func members(of value: some Encodable) throws -> [String: JSONValue] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.timestamp)
        }
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity",
            negativeInfinity: "-Infinity",
            nan: "NaN"
        )
        return try JSONDecoder().decode([String: JSONValue].self, from: encoder.encode(value))
    }
}

extension Date {
    /// As messages say it: ISO 8601 in UTC with milliseconds.
    var timestamp: String { formatted(.iso8601Milliseconds) }
}

extension FormatStyle where Self == Date.ISO8601FormatStyle {
    fileprivate static var iso8601Milliseconds: Date.ISO8601FormatStyle {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    }
}

extension [UInt8] {
    /// Appends the text of a value, without white space and line ends.
    mutating func append(json value: JSONValue) {
        switch value {
        case .null: append(contentsOf: "null".utf8)
        case .bool(let value): append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): append(contentsOf: String(value).utf8)
        case .number(let value): append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        case .string(let value): append(quoted: value)
        case .array(let values):
            append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { append(UInt8(ascii: ",")) }
                append(json: value)
            }
            append(UInt8(ascii: "]"))
        case .object(let members): append(members: members)
        }
    }

    /// Appends an object of members in the order in which they come.
    mutating func append(members: some Sequence<(key: String, value: JSONValue)>) {
        append(UInt8(ascii: "{"))
        var isFirst = true
        for (name, value) in members {
            if !isFirst { append(UInt8(ascii: ",")) }
            isFirst = false
            append(quoted: name)
            append(UInt8(ascii: ":"))
            append(json: value)
        }
        append(UInt8(ascii: "}"))
    }

    private mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0..<0x20:
                append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
                append(contentsOf: String(byte, radix: 16).utf8)
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }
}
