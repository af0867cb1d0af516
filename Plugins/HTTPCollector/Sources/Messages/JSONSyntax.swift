/// Checks a text against the grammar of RFC 8259, byte by byte, and says where it goes wrong.
///
/// Slower than simdjson and asked only where that refuses a text: the sender learns the place, and what simdjson refuses
/// but the grammar allows is accepted: numbers that no machine number holds, and escapes of half a surrogate pair, which
/// browsers write where a script has cut a text in two; and any depth. One such event must not cost a whole batch.
struct JSONSyntax {
    private let text: JSONIndex
    private var position = 0
    /// What closes each object and list that is open.
    private var open: [UInt8] = []
    /// Whether an object or list has just begun, so that no comma comes before its first item.
    private var isBeginning = false

    init(_ text: JSONIndex) { self.text = text }

    /// Throws unless the text, which must be UTF-8, is one JSON value.
    mutating func check() throws(MessageProblem) {
        skipSpace()
        try value()
        while let end = open.last {
            skipSpace()
            if byte == end {
                position += 1
                open.removeLast()
                isBeginning = false
            } else {
                try item(in: end)
            }
        }
        skipSpace()
        guard position == text.count else { throw wrong }
    }

    private var byte: UInt8? { position < text.count ? text[position] : nil }
    private var wrong: MessageProblem { .notJSON(position: position) }

    private mutating func skipSpace() {
        while let byte, byte.isJSONSpace { position += 1 }
    }

    private mutating func take(_ expected: UInt8) throws(MessageProblem) {
        guard byte == expected else { throw wrong }
        position += 1
    }

    /// Reads an item of the innermost object or list, with the comma before it.
    private mutating func item(in end: UInt8) throws(MessageProblem) {
        if !isBeginning {
            try take(.comma)
            skipSpace()
        }
        if end == .closeBrace {
            try string()
            skipSpace()
            try take(.colon)
            skipSpace()
        }
        try value()
    }

    /// Reads a value, of an object or list only the bracket that opens it.
    private mutating func value() throws(MessageProblem) {
        isBeginning = false
        switch byte {
        case .openBrace: begin(closedBy: .closeBrace)
        case .openBracket: begin(closedBy: .closeBracket)
        case .quote: try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try number()
        }
    }

    private mutating func begin(closedBy end: UInt8) {
        open.append(end)
        position += 1
        isBeginning = true
    }

    private mutating func word(_ word: String) throws(MessageProblem) {
        for letter in word.utf8 { try take(letter) }
    }

    private mutating func string() throws(MessageProblem) {
        try take(.quote)
        while let byte, byte != .quote, byte >= 0x20 {
            position += 1
            if byte == .backslash { try escape() }
        }
        try take(.quote)
    }

    private mutating func escape() throws(MessageProblem) {
        guard let byte, #""\/bfnrtu"#.utf8.contains(byte) else { throw wrong }
        position += 1
        guard byte == UInt8(ascii: "u") else { return }
        for _ in 0..<4 {
            guard let digit = self.byte, digit.isHexDigit else { throw wrong }
            position += 1
        }
    }

    private mutating func number() throws(MessageProblem) {
        if byte == UInt8(ascii: "-") { position += 1 }
        if byte == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if byte == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        guard byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { return }
        position += 1
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
        try digits()
    }

    private mutating func digits() throws(MessageProblem) {
        let start = position
        while let byte, byte.isDigit { position += 1 }
        guard position > start else { throw wrong }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
    fileprivate var isHexDigit: Bool { isDigit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= self | 0x20 }
}
