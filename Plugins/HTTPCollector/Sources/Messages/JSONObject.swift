/// A member of an object: the token of its name, and the tokens of its value.
struct JSONMember {
    let name: Int
    let value: Range<Int>

    /// Name, colon and value.
    var tokens: Range<Int> { name..<value.upperBound }
}

/// The members of an object one after the other, as they stand; names may come more than once.
struct JSONMembers {
    private var token: Int
    private var isAtEnd: Bool

    /// The members of the object that begins with the token.
    init(of object: Int, in index: JSONIndex) {
        token = object + 1
        isAtEnd = index.first(of: token) == .closeBrace
    }

    mutating func next(in index: JSONIndex) -> JSONMember? {
        guard !isAtEnd else { return nil }
        let end = index.end(of: token + 2)
        let member = JSONMember(name: token, value: token + 2..<end)
        isAtEnd = index.first(of: end) != .comma
        token = end + 1
        return member
    }
}

extension JSONIndex {
    /// The bytes between the quotes of the string.
    func content(of string: Int) -> Range<Int> {
        let range = range(of: string..<string + 1)
        return range.lowerBound + 1..<range.upperBound - 1
    }

    /// Whether the string says this, however it is escaped.
    func says(_ string: Int, _ text: [UInt8]) -> Bool {
        let content = content(of: string)
        return matches(content, text) || contains(.backslash, in: content) && unescaped(string) == text
    }

    /// The bytes of the string that the token is, in UTF-8; half of a surrogate pair comes as if it were a character.
    func unescaped(_ string: Int) -> [UInt8] {
        var result: [UInt8] = []
        let content = content(of: string)
        guard contains(.backslash, in: content) else {
            append(bytes: content, to: &result)
            return result
        }
        var position = content.lowerBound
        while position < content.upperBound {
            guard self[position] == .backslash else {
                result.append(self[position])
                position += 1
                continue
            }
            position = appendEscaped(at: position, to: &result)
        }
        return result
    }

    /// Appends what the escape at the position stands for; returns the position after it.
    private func appendEscaped(at position: Int, to result: inout [UInt8]) -> Int {
        switch self[position + 1] {
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "u"):
            let unit = codeUnit(at: position + 2)
            if (0xD800..<0xDC00).contains(unit), self[position + 6] == .backslash,
                self[position + 7] == UInt8(ascii: "u")
            {
                let low = codeUnit(at: position + 8)
                if (0xDC00..<0xE000).contains(low) {
                    result.append(codePoint: 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
                    return position + 12
                }
            }
            result.append(codePoint: unit)
            return position + 6
        case let plain: result.append(plain)
        }
        return position + 2
    }

    private func codeUnit(at position: Int) -> UInt32 {
        var unit: UInt32 = 0
        for digit in position..<position + 4 {
            let byte = self[digit]
            unit = unit << 4 | UInt32(byte <= UInt8(ascii: "9") ? byte & 0x0F : (byte & 0x0F) + 9)
        }
        return unit
    }
}

extension [UInt8] {
    fileprivate mutating func append(codePoint: UInt32) {
        func continuation(_ shift: UInt32) -> UInt8 { UInt8(0x80 | codePoint >> shift & 0x3F) }
        switch codePoint {
        case ..<0x80: append(UInt8(codePoint))
        case ..<0x800: append(contentsOf: [UInt8(0xC0 | codePoint >> 6), continuation(0)])
        case ..<0x10000: append(contentsOf: [UInt8(0xE0 | codePoint >> 12), continuation(6), continuation(0)])
        default:
            append(contentsOf: [UInt8(0xF0 | codePoint >> 18), continuation(12), continuation(6), continuation(0)])
        }
    }

    /// Appends a comma, unless an object has only begun.
    mutating func separateMember() {
        if self[count - 1] != .openBrace { append(.comma) }
    }

    /// Appends a text as a JSON string.
    mutating func append(quoted text: String) { append(quoted: text.utf8) { $0 } }

    /// Appends bytes, which must be UTF-8, as a JSON string.
    mutating func append<Source: Collection>(quoted source: Source, _ byte: (Source.Element) -> UInt8) {
        append(.quote)
        for element in source { append(escaped: byte(element)) }
        append(.quote)
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case .quote, .backslash:
            append(.backslash)
            append(byte)
        case .lineFeed: append(contentsOf: "\\n".utf8)
        case .carriageReturn: append(contentsOf: "\\r".utf8)
        case 0x09: append(contentsOf: "\\t".utf8)
        case ..<0x20:
            append(contentsOf: "\\u00".utf8)
            for digit in [byte >> 4, byte & 0x0F] { append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
        default: append(byte)
        }
    }
}
