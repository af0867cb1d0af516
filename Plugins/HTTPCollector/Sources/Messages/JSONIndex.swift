internal import CSimdJSON
internal import Glibc

/// The bytes of a JSON text and where its tokens begin; the only file that talks to simdjson, or to memory by address.
///
/// A token is one of `{ } [ ] : ,`, or a string, number or word as a whole. Tokens are numbered in their order; a value
/// is the tokens from its first up to, but not including, an `end`. Reading another text replaces the one before it.
@safe final class JSONIndex {
    /// What is known of a text that was read.
    enum Verdict {
        /// It is JSON, and not nested deeper than was said.
        case valid
        /// The tokens are right if it is JSON, which is still to be found out.
        case doubtful
        /// It is no JSON and has no tokens.
        case broken
    }

    /// The longest text that can be read, in bytes.
    let capacity: Int
    /// The length of the text in bytes.
    private(set) var count = 0
    /// Whether no line ends between the first and the last token.
    private(set) var isOneLine = true
    /// Whether the text may be nested deeper than was said.
    private(set) var mayBeTooDeep = false

    // SAFETY: all four live as long as `self`; what a caller asks for is checked against `capacity`, for which they have
    // room, and never handed out.
    private let handle: OpaquePointer
    private let bytes: UnsafePointer<UInt8>
    private let tokens: UnsafePointer<UInt32>
    private let ends: UnsafePointer<UInt32>

    /// About how much memory the text takes: twice itself (simdjson copies its strings), and 16 bytes for each token.
    var memory: Int { unsafe 2 * count + 16 * json_index_token_count(handle) }

    /// A text in which more than `depth` objects and lists are open at a time is doubtful; nil where there is no memory.
    init?(capacity: Int, depth: Int) {
        let room = max(capacity, 1)
        guard let handle = unsafe json_index_create(room, depth) else { return nil }
        guard
            let bytes = unsafe json_index_text(handle), let tokens = unsafe json_index_tokens(handle),
            let ends = unsafe json_index_ends(handle)
        else {
            unsafe json_index_destroy(handle)
            return nil
        }
        self.capacity = room
        unsafe self.handle = handle
        unsafe self.bytes = bytes
        unsafe self.tokens = tokens
        unsafe self.ends = ends
    }

    deinit { unsafe json_index_destroy(handle) }

    /// Replaces the text; it must not be longer than `capacity`.
    func read(_ text: Span<UInt8>) -> Verdict {
        precondition(text.count <= capacity, "the text is longer than the index")
        count = text.count
        let verdict = unsafe text.withUnsafeBufferPointer { unsafe json_index_read(handle, $0.baseAddress, $0.count) }
        isOneLine = unsafe !json_index_has_line_ends(handle)
        mayBeTooDeep = verdict != JSON_VALID
        return switch verdict {
        case JSON_VALID: .valid
        case JSON_DOUBTFUL: .doubtful
        default: .broken
        }
    }

    subscript(position: Int) -> UInt8 {
        precondition(position >= 0 && position < capacity)
        return unsafe bytes[position]
    }

    /// Where the token begins, in bytes.
    func start(of token: Int) -> Int {
        precondition(token >= 0 && token < capacity)
        return unsafe Int(tokens[token])
    }

    /// The byte that the token begins with.
    func first(of token: Int) -> UInt8 { self[start(of: token)] }

    /// The end of the value that begins with the token.
    func end(of value: Int) -> Int {
        switch first(of: value) {
        case .openBrace, .openBracket: unsafe Int(ends[value])
        default: value + 1
        }
    }

    /// How many objects and lists of the value are open at most at a time.
    func depth(of value: Range<Int>) -> Int {
        var (open, deepest) = (0, 0)
        for token in value {
            switch first(of: token) {
            case .openBrace, .openBracket:
                open += 1
                deepest = max(deepest, open)
            case .closeBrace, .closeBracket: open -= 1
            default: break
            }
        }
        return deepest
    }

    /// The bytes of the tokens, without white space before or after; another must follow, or the last be a bracket.
    func range(of tokens: Range<Int>) -> Range<Int> {
        let lower = start(of: tokens.lowerBound)
        let last = start(of: tokens.upperBound - 1)
        switch self[last] {
        case .openBrace, .openBracket, .closeBrace, .closeBracket, .colon, .comma: return lower..<last + 1
        default: break
        }
        var upper = start(of: tokens.upperBound)
        while upper > last + 1, self[upper - 1].isJSONSpace { upper -= 1 }
        return lower..<upper
    }

    /// Copies the tokens to the end of an array as they were written, without the white space between them if that has
    /// line ends.
    func append(_ tokens: Range<Int>, to line: inout [UInt8]) {
        guard !isOneLine else { return append(bytes: range(of: tokens), to: &line) }
        for token in tokens { append(bytes: range(of: token..<token + 1), to: &line) }
    }

    /// Copies bytes of the text to the end of an array.
    func append(bytes range: Range<Int>, to result: inout [UInt8]) {
        check(range)
        unsafe result.append(contentsOf: UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count))
    }

    /// Whether the text has exactly these bytes there.
    func matches(_ range: Range<Int>, _ other: [UInt8]) -> Bool {
        check(range)
        guard range.count == other.count else { return false }
        return unsafe other.withUnsafeBytes { other in
            guard let start = other.baseAddress else { return true }
            return unsafe memcmp(bytes + range.lowerBound, start, range.count) == 0
        }
    }

    /// Whether the text has exactly these ASCII characters there.
    func matches(_ range: Range<Int>, _ other: StaticString) -> Bool {
        check(range)
        guard range.count == other.utf8CodeUnitCount else { return false }
        return unsafe memcmp(bytes + range.lowerBound, other.utf8Start, range.count) == 0
    }

    /// Whether there is this byte anywhere.
    func contains(_ byte: UInt8, in range: Range<Int>) -> Bool {
        check(range)
        return unsafe UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count).contains(byte)
    }

    private func check(_ range: Range<Int>) { precondition(range.lowerBound >= 0 && range.upperBound <= capacity) }
}

extension [UInt8] {
    /// Copies bytes to the end; the standard library's own way counts a reference to them for every call.
    mutating func append(bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension UInt8 {
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let colon = UInt8(ascii: ":")
    static let comma = UInt8(ascii: ",")
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    /// Whether JSON allows the byte between tokens.
    var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
