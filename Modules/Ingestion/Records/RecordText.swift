#if canImport(Glibc)
internal import Glibc
#endif

/// What occurs in a text, found in one pass.
struct TextTraits {
    private let flags: UInt8

    init(_ text: Span<UInt8>) {
        flags = unsafe text.withUnsafeBufferPointer { bytes in
            // Without a branch, so that the compiler takes many bytes at a time.
            var flags: UInt8 = 0
            for index in bytes.indices {
                let byte = unsafe bytes[index]
                flags |= (byte & 0x80) | (byte < 2 ? 1 : 0) | (byte == .carriageReturn ? 2 : 0) | (byte == 0x5C ? 4 : 0)
            }
            return flags
        }
    }

    var isASCII: Bool { flags & 0x80 == 0 }
    /// A NUL, or the U+0001 that stands between our own fields.
    var hasForbiddenControl: Bool { flags & 1 != 0 }
    var hasCarriageReturn: Bool { flags & 2 != 0 }
    var hasBackslash: Bool { flags & 4 != 0 }

    /// Why the engine cannot be given the text, or nil if it can; carriage returns are not judged.
    func problem(in text: Span<UInt8>) -> String? {
        if hasForbiddenControl {
            return text.contains(0) ? "it contains a NUL byte" : "it contains the control character U+0001"
        }
        return isASCII || text.isUTF8 ? nil : "it is not valid UTF-8"
    }

    /// Why the engine cannot be given a JSON text, besides its grammar; nil if it can.
    func problem(inJSON text: Span<UInt8>) -> String? {
        if let problem = problem(in: text) { return problem }
        if hasBackslash, text.containsEscapedNUL { return "it contains a NUL character" }
        // Less than this much text cannot be nested so deep.
        guard text.count > 2 * deepestNesting, text.nesting > deepestNesting else { return nil }
        return "it is nested deeper than \(deepestNesting) levels"
    }
}

extension [UInt8] {
    /// Writes the escape of U+FFFD over each escape of half a surrogate pair, from a position on.
    ///
    /// RFC 8259 allows them, and browsers write them where a script has cut a text in two; engines take a text that has
    /// one for no JSON at all.
    mutating func replaceHalfPairs(from start: Int) {
        var index = start
        while let backslash = span.firstIndex(of: 0x5C, from: index) {
            index = backslash + 2
            guard let unit = span.escapedUnit(at: backslash), 0xD800..<0xE000 ~= unit else { continue }
            if unit < 0xDC00, let low = span.escapedUnit(at: backslash + 6), 0xDC00..<0xE000 ~= low {
                index = backslash + 12
            } else {
                replaceSubrange(backslash + 2..<backslash + 6, with: "fffd".utf8)
            }
        }
    }
}

/// JSON that is nested deeper is turned away; programs that read it call themselves once for each level.
let deepestNesting = 10_000

extension Span<UInt8> {
    var last: UInt8? { isEmpty ? nil : self[count - 1] }

    /// Whether there is nothing but spaces and tabs.
    var isBlank: Bool {
        for index in indices where self[index] != 0x20 && self[index] != 0x09 { return false }
        return true
    }

    var startsWithByteOrderMark: Bool { count >= 3 && self[0] == 0xEF && self[1] == 0xBB && self[2] == 0xBF }

    func contains(_ byte: UInt8) -> Bool { firstIndex(of: byte, from: 0) != nil }

    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        guard start < count else { return nil }
        return unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = unsafe memchr(base + start, Int32(byte), bytes.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    func count(of byte: UInt8) -> Int {
        unsafe withUnsafeBufferPointer { bytes in
            var count = 0
            for index in bytes.indices { count &+= unsafe bytes[index] == byte ? 1 : 0 }
            return count
        }
    }

    /// Whether the bytes are well-formed by Unicode 16, table 3-7.
    var isUTF8: Bool {
        unsafe withUnsafeBytes { unsafe (try? UTF8Span(validating: Span(_unsafeBytes: $0))) != nil }
    }

    /// Whether a `\u0000` stands in a JSON text, rather than a backslash that is followed by `u0000`.
    fileprivate var containsEscapedNUL: Bool {
        var index = 0
        while let backslash = firstIndex(of: 0x5C, from: index) {
            let isNUL =
                backslash + 5 < count && self[backslash + 1] == UInt8(ascii: "u")
                && (2...5).allSatisfy { self[backslash + $0] == UInt8(ascii: "0") }
            if isNUL { return true }
            index = backslash + 2
        }
        return false
    }

    /// The UTF-16 unit that is escaped there as `\uXXXX`; nil for anything else.
    fileprivate func escapedUnit(at index: Int) -> UInt16? {
        guard index + 6 <= count, self[index] == 0x5C, self[index + 1] == UInt8(ascii: "u") else { return nil }
        var unit: UInt16 = 0
        for position in index + 2..<index + 6 {
            guard let digit = Character(UnicodeScalar(self[position])).hexDigitValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// How deep objects and lists of a JSON text are nested.
    fileprivate var nesting: Int {
        var (depth, deepest) = (0, 0)
        var index = 0
        while index < count {
            switch self[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                deepest = Swift.max(deepest, depth)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case .quote:
                index += 1
                while index < count, self[index] != .quote { index += self[index] == 0x5C ? 2 : 1 }
            default: break
            }
            index += 1
        }
        return deepest
    }
}
