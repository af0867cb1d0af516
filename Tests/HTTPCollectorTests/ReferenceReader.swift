@testable import HTTPCollectorPlugin

/// A JSON value and where it is in its text.
struct ReferenceValue {
    struct Member {
        /// Without escapes, as UTF-16.
        let name: [UInt16]
        /// From the name to the end of the value.
        let range: Range<Int>
        let value: ReferenceValue
    }

    enum Content {
        case object([Member])
        case list([ReferenceValue])
        case text([UInt16])
        case null
        case other
    }

    let range: Range<Int>
    let content: Content

    /// Levels of objects and lists, its own among them.
    var depth: Int {
        switch content {
        case .object(let members): 1 + (members.map(\.value.depth).max() ?? 0)
        case .list(let items): 1 + (items.map(\.depth).max() ?? 0)
        default: 0
        }
    }
    var members: [Member]? { if case .object(let members) = content { members } else { nil } }
    var items: [ReferenceValue]? { if case .list(let items) = content { items } else { nil } }
    var text: [UInt16]? { if case .text(let text) = content { text } else { nil } }
    var isNull: Bool { if case .null = content { true } else { false } }

    /// The last member of the name.
    func last(_ name: String) -> Member? { members?.last { $0.name.elementsEqual(name.utf16) } }
}

/// A second reader of JSON, written to be simple: one function for each rule of RFC 8259.
struct ReferenceReader {
    let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func read(_ bytes: [UInt8]) throws(MessageProblem) -> ReferenceValue {
        var reader = ReferenceReader(bytes)
        reader.space()
        let value = try reader.value()
        reader.space()
        guard reader.position == bytes.count else { throw reader.wrong }
        return value
    }

    private var wrong: MessageProblem { .notJSON(position: position) }
    private var next: Character? { position < bytes.count ? Character(Unicode.Scalar(bytes[position])) : nil }

    private mutating func space() {
        while let next, " \t\r\n".unicodeScalars.contains(next.unicodeScalars.first ?? "x") { position += 1 }
    }

    private mutating func take(_ expected: Character) throws(MessageProblem) {
        guard next == expected else { throw wrong }
        position += 1
    }

    private mutating func value() throws(MessageProblem) -> ReferenceValue {
        let start = position
        let content: ReferenceValue.Content
        switch next {
        case "{": content = .object(try members())
        case "[": content = .list(try items())
        case "\"": content = .text(try string())
        case "n":
            try word("null")
            content = .null
        case "t":
            try word("true")
            content = .other
        case "f":
            try word("false")
            content = .other
        default:
            try number()
            content = .other
        }
        return ReferenceValue(range: start..<position, content: content)
    }

    private mutating func members() throws(MessageProblem) -> [ReferenceValue.Member] {
        var members: [ReferenceValue.Member] = []
        try take("{")
        space()
        if next == "}" {
            position += 1
            return []
        }
        while true {
            let start = position
            let name = try string()
            space()
            try take(":")
            space()
            let value = try value()
            members.append(ReferenceValue.Member(name: name, range: start..<position, value: value))
            space()
            if next == "}" { break }
            try take(",")
            space()
        }
        position += 1
        return members
    }

    private mutating func items() throws(MessageProblem) -> [ReferenceValue] {
        var items: [ReferenceValue] = []
        try take("[")
        space()
        if next == "]" {
            position += 1
            return []
        }
        while true {
            items.append(try value())
            space()
            if next == "]" { break }
            try take(",")
            space()
        }
        position += 1
        return items
    }

    private mutating func word(_ word: String) throws(MessageProblem) { for letter in word { try take(letter) } }

    private mutating func string() throws(MessageProblem) -> [UInt16] {
        try take("\"")
        var units: [UInt16] = []
        while let next, next != "\"" {
            guard bytes[position] >= 0x20 else { throw wrong }
            if next == "\\" {
                position += 1
                units.append(try escape())
            } else {
                let start = position
                repeat { position += 1 } while position < bytes.count && bytes[position] & 0xC0 == 0x80
                units += Array(String(decoding: bytes[start..<position], as: UTF8.self).utf16)
            }
        }
        try take("\"")
        return units
    }

    private mutating func escape() throws(MessageProblem) -> UInt16 {
        let plain: [Character: UInt16] = [
            "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
        ]
        guard let next else { throw wrong }
        if let unit = plain[next] {
            position += 1
            return unit
        }
        try take("u")
        var unit = 0
        for _ in 0..<4 {
            guard let digit = self.next?.hexDigitValue, bytes[position] < 0x80 else { throw wrong }
            unit = unit * 16 + digit
            position += 1
        }
        return UInt16(unit)
    }

    private mutating func number() throws(MessageProblem) {
        if next == "-" { position += 1 }
        if next == "0" { position += 1 } else { try digits() }
        if next == "." {
            position += 1
            try digits()
        }
        guard next == "e" || next == "E" else { return }
        position += 1
        if next == "+" || next == "-" { position += 1 }
        try digits()
    }

    private mutating func digits() throws(MessageProblem) {
        guard let first = next, ("0"..."9").contains(first) else { throw wrong }
        while let next, ("0"..."9").contains(next) { position += 1 }
    }
}
