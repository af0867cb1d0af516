/// The words of a query that may name tables: everything outside of strings and comments, in lower case.
struct QueryWords {
    private var words: Set<String> = []
    private var position = TablePosition()
    private var rest: ArraySlice<UInt8>

    init(_ sql: String) {
        rest = Array(sql.utf8)[...]
        while let byte = rest.first {
            switch byte {
            case _ where Self.isWordByte(byte): insert(rest.prefix(while: Self.isWordByte), isQuoted: false)
            case UInt8(ascii: "'"): skip("'", through: "'")
            case UInt8(ascii: "\""):
                insert(quotedName, isQuoted: true)
                rest = rest.dropFirst()
            case UInt8(ascii: "$"): skip(dollarQuote ?? "$", through: dollarQuote ?? "")
            case UInt8(ascii: "-") where rest.starts(with: "--".utf8): skip("--", through: "\n")
            case UInt8(ascii: "/") where rest.starts(with: "/*".utf8): skip("/*", through: "*/")
            default:
                position.read(symbol: byte)
                rest.removeFirst()
            }
        }
    }

    /// Whether a name stands among them.
    func contains(_ name: String) -> Bool { words.contains(name.lowercased()) }

    /// Those that stand where a table does.
    var tables: Set<String> { position.tables }

    private mutating func insert(_ word: ArraySlice<UInt8>, isQuoted: Bool) {
        let text = String(decoding: word, as: UTF8.self).lowercased()
        words.insert(text)
        position.read(word: text, isQuoted: isQuoted)
        rest = rest[word.endIndex...]
    }

    /// What stands between a `"` and the next; neither a string nor a comment begins in there.
    private var quotedName: ArraySlice<UInt8> { rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") } }

    /// `$$` or `$tag$`, which ends where it is repeated.
    private var dollarQuote: String? {
        let tag = rest.dropFirst().prefix(while: Self.isWordByte)
        guard rest[tag.endIndex...].first == UInt8(ascii: "$") else { return nil }
        return "$\(String(decoding: tag, as: UTF8.self))$"
    }

    private mutating func skip(_ begin: String, through end: String) {
        rest = rest.dropFirst(begin.utf8.count)
        while !rest.isEmpty, !rest.starts(with: end.utf8) { rest.removeFirst() }
        rest = rest.dropFirst(end.utf8.count)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        byte == 95 || byte >= 128 || (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
