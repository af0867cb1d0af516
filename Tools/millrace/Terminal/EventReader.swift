/// Reads the JSON that a collector has written.
///
/// Numbers stay as they were written, since they may be longer than any that a machine has, and half of a surrogate pair
/// becomes U+FFFD: such events are to be seen like all others.
struct EventReader {
    /// More than any collector lets pass.
    private static let deepest = 500

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var depth = 0

    private init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// The value that a line is; nil where it is none.
    static func read(_ line: ArraySlice<UInt8>) -> EventValue? {
        var reader = EventReader(line)
        let value = reader.value()
        return reader.next == nil ? value : nil
    }

    /// The byte that comes next, behind white space.
    private var next: UInt8? {
        mutating get {
            while position < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
            return position < bytes.endIndex ? bytes[position] : nil
        }
    }

    private mutating func takes(_ character: UnicodeScalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value() -> EventValue? {
        switch next {
        case UInt8(ascii: "{"): return nested { $0.members().map(EventValue.object) }
        case UInt8(ascii: "["): return nested { $0.items().map(EventValue.list) }
        case UInt8(ascii: "\""): return string().map(EventValue.text)
        default: return word()
        }
    }

    private mutating func nested(_ read: (inout EventReader) -> EventValue?) -> EventValue? {
        guard depth < Self.deepest else { return nil }
        position += 1
        depth += 1
        defer { depth -= 1 }
        return read(&self)
    }

    private mutating func members() -> [String: EventValue]? {
        var members: [String: EventValue] = [:]
        if takes("}") { return members }
        repeat {
            guard next == UInt8(ascii: "\""), let name = string(), takes(":"), let value = value() else { return nil }
            members[name] = value
        } while takes(",")
        return takes("}") ? members : nil
    }

    private mutating func items() -> [EventValue]? {
        var items: [EventValue] = []
        if takes("]") { return items }
        repeat {
            guard let value = value() else { return nil }
            items.append(value)
        } while takes(",")
        return takes("]") ? items : nil
    }

    /// A number, or one of the three words.
    private mutating func word() -> EventValue? {
        let rest = bytes[position...]
        let word = rest.prefix { !", \t\r\n]}".utf8.contains($0) }
        position = word.endIndex
        switch String(decoding: word, as: UTF8.self) {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        case let number: return number.first.map { $0 == "-" || $0.isNumber } == true ? .number(number) : nil
        }
    }

    private mutating func string() -> String? {
        position += 1
        var units: [UInt16] = []
        while position < bytes.endIndex {
            let plain = bytes[position...].prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            units += String(decoding: plain, as: UTF8.self).utf16
            position = plain.endIndex + 1
            guard position <= bytes.endIndex else { return nil }
            if bytes[plain.endIndex] == UInt8(ascii: "\"") { return String(decoding: units, as: UTF16.self) }
            guard let unit = escape() else { return nil }
            units.append(unit)
        }
        return nil
    }

    private mutating func escape() -> UInt16? {
        guard position < bytes.endIndex else { return nil }
        let letter = bytes[position]
        position += 1
        switch letter {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "u"):
            let digits = bytes[position...].prefix(4)
            position = digits.endIndex
            return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        default: return UInt16(letter)
        }
    }
}
