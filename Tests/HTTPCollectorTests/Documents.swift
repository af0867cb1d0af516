/// Makes bodies by chance, the same ones for the same seed.
struct Documents {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func random(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }

    mutating func pick(_ choices: [String]) -> String { choices[random(choices.count)] }

    private var spaces = [""]

    /// A body of a batch, mostly; sometimes of one message, sometimes anything.
    mutating func body() -> [UInt8] {
        spaces = [[""], [""], [" ", ""], ["", " ", "\t", "\n", "\r\n"]][random(4)]
        var text: String
        switch random(12) {
        case 0: text = value(4)
        case 1: text = message()
        default: text = batch()
        }
        if random(4) == 0 { text = pick([" ", "\n", "\t"]) + text + pick([" ", "\n", "\r\n"]) }
        return Array(text.utf8)
    }

    /// The body with some bytes changed, left out, doubled, or missing from its end.
    mutating func damaged(_ body: [UInt8]) -> [UInt8] {
        var body = body
        for _ in 0...random(3) where !body.isEmpty {
            let position = random(body.count)
            switch random(6) {
            case 0: body[position] ^= 1 << UInt8(random(8))
            case 1: body[position] = Array("{}[]:,\"\\ \n0e-u\u{0}\u{7f}".utf8)[random(16)]
            case 2: body.remove(at: position)
            case 3: body.insert(body[random(body.count)], at: position)
            case 4: body[position] = UInt8(random(256))
            default: body.removeLast(min(body.count, random(20)))
            }
        }
        return body
    }

    private mutating func space() -> String { pick(spaces) }

    private mutating func batch() -> String {
        var members: [String] = []
        for _ in 0..<random(6) { members.append(member(pick(["sentAt", "writeKey", "context", "integrations", "x"]))) }
        let items = (0..<random(6)).map { _ in random(8) == 0 ? value(2) : message() }
        let list = "[" + space() + items.joined(separator: space() + "," + space()) + space() + "]"
        members.insert(name("batch") + space() + ":" + space() + list, at: random(members.count + 1))
        return object(members)
    }

    private mutating func message() -> String {
        let names = [
            "type", "timestamp", "originalTimestamp", "sentAt", "context", "integrations", "receivedAt", "writeKey",
            "source", "requestId", "rejected", "batch", "event", "", "é", "properties", "messageId", "🙂",
        ]
        return object((0..<random(9)).map { _ in member(pick(names)) })
    }

    private mutating func member(_ name: String) -> String {
        let value =
            switch name {
            case "context", "integrations": random(6) == 0 ? value(1) : context()
            case "writeKey" where random(3) > 0: string()
            default: random(4) == 0 ? "null" : value(3)
            }
        return self.name(name) + space() + ":" + space() + value
    }

    private mutating func context() -> String {
        let names = ["ip", "userAgent", "app", "page", "", "a\\b", "library", "é", "🙂"]
        return object((0..<random(5)).map { _ in name(pick(names)) + space() + ":" + space() + value(2) })
    }

    private mutating func object(_ members: [String]) -> String {
        "{" + space() + members.joined(separator: space() + "," + space()) + space() + "}"
    }

    /// A name, now and then with a character escaped.
    private mutating func name(_ name: String) -> String {
        var result = ""
        for unit in name.utf16 {
            if unit == 0x5C || random(25) == 0 || (0xD800..<0xE000).contains(unit) && random(2) == 0 && !result.isEmpty
            {
                result += "\\u" + hexadecimal(unit)
            } else if (0xD800..<0xE000).contains(unit) {
                return "\"" + (random(2) == 0 ? name : "\\uD83D\\uDe42") + "\""
            } else {
                result += String(decoding: [unit], as: UTF16.self)
            }
        }
        return "\"" + result + "\""
    }

    private mutating func hexadecimal(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16, uppercase: random(2) == 0)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    private mutating func string() -> String {
        let parts = [
            "a", "key", " ", "é", "🙂", "\\n", "\\\"", "\\\\", "\\/", "\\u0000", "\\ud83d\\ude42", "\\ud83d", "\\uDE42",
            "{", "]",
            ",", ":", "\u{2028}", "\u{7f}",
        ]
        return "\"" + (0..<random(5)).map { _ in pick(parts) }.joined() + "\""
    }

    private mutating func value(_ depth: Int) -> String {
        switch random(depth > 0 ? 9 : 6) {
        case 0:
            return pick(["0", "-0", "1.50", "1e5", "-12.75E-3", "123456789012345678901234567890", "1e999", "0.1e+1"])
        case 1: return pick(["true", "false", "null"])
        case 2...5: return string()
        case 6:
            return "[" + space() + (0..<random(4)).map { _ in value(depth - 1) }.joined(separator: "," + space()) + "]"
        case 7 where random(5) == 0:
            let levels = random(25)
            return String(repeating: "[", count: levels) + "1" + String(repeating: "]", count: levels)
        default:
            return object((0..<random(4)).map { _ in name(pick(["a", "type", "", "k\\"])) + ":" + value(depth - 1) })
        }
    }
}
