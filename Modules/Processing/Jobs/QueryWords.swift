/// The words of a query that may name tables: everything outside of strings and comments, in lower case.
struct QueryWords {
    private var words: Set<String> = []

    init(_ sql: String) {
        var rest = Array(sql.utf8)[...]
        var word: [UInt8] = []
        func isWordByte(_ byte: UInt8) -> Bool {
            byte == 95 || byte >= 128 || (48...57).contains(byte) || (65...90).contains(byte)
                || (97...122).contains(byte)
        }
        func skip(past end: String) {
            let end = Array(end.utf8)
            while !rest.isEmpty, !rest.starts(with: end) { rest.removeFirst() }
            rest = rest.dropFirst(end.count)
        }
        while let byte = rest.first {
            if isWordByte(byte) {
                word.append(byte)
                rest.removeFirst()
                continue
            }
            flush(&word)
            switch byte {
            case UInt8(ascii: "'"):
                rest.removeFirst()
                skip(past: "'")
            case UInt8(ascii: "-") where rest.starts(with: "--".utf8): skip(past: "\n")
            case UInt8(ascii: "/") where rest.starts(with: "/*".utf8): skip(past: "*/")
            default: rest.removeFirst()
            }
        }
        flush(&word)
    }

    /// Whether a name stands among them.
    func contains(_ name: String) -> Bool { words.contains(name.lowercased()) }

    private mutating func flush(_ word: inout [UInt8]) {
        if !word.isEmpty { words.insert(String(decoding: word, as: UTF8.self).lowercased()) }
        word.removeAll(keepingCapacity: true)
    }
}
