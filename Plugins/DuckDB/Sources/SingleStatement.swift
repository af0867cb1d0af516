internal import PipelineCore

/// Makes sure that a user's text is one statement that cannot end the statement it is put into.
///
/// The engine's own sandbox keeps a query inside its folders; this keeps it from being two queries, or half of one.
enum SingleStatement {
    /// The text without trailing semicolons; throws `invalidQuery` where a second statement or an unbalanced parenthesis,
    /// quote or comment is found, with its line.
    static func check(_ sql: SQLText) throws -> String {
        let bytes = Array(sql.text.utf8)
        var scanner = Scanner(bytes: bytes)
        if let problem = scanner.run() {
            let line = bytes[..<min(scanner.position, bytes.count)].count { $0 == UInt8(ascii: "\n") } + sql.firstLine
            throw PipelineError(
                .invalidQuery,
                "\(sql.origin.map { "\($0):" } ?? "line ")\(line): \(problem)",
                while: "reading a query",
                hint: "write one SELECT"
            )
        }
        return String(decoding: bytes[..<scanner.end], as: UTF8.self)
    }

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0
        /// Behind the last byte that is neither space, comment nor semicolon.
        var end = 0
        private var depth = 0
        private var hasEnded = false

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func run() -> String? {
            while position < bytes.count {
                let byte = bytes[position]
                switch byte {
                case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                    position += 1
                    continue
                case UInt8(ascii: "-") where follows("--"):
                    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
                    continue
                case UInt8(ascii: "/") where follows("/*"):
                    if !skip(past: "*/", from: position + 2) { return "the comment has no end" }
                    continue
                case UInt8(ascii: ";"):
                    hasEnded = end > 0
                    position += 1
                    continue
                default: break
                }
                if hasEnded { return "a second statement begins here" }
                if let problem = token(byte) { return problem }
                end = position
            }
            if depth > 0 { return "\(depth) '(' without its ')'" }
            return end == 0 ? "there is no statement" : nil
        }

        private mutating func token(_ byte: UInt8) -> String? {
            switch byte {
            case UInt8(ascii: "'") where isEscapeString: return skipEscapeString()
            case UInt8(ascii: "'"): return skip(past: "'", from: position + 1) ? nil : "the quote has no end"
            case UInt8(ascii: "\""): return skip(past: "\"", from: position + 1) ? nil : "the quote has no end"
            case UInt8(ascii: "$"):
                if let tag = dollarTag() {
                    return skip(past: tag, from: position + tag.utf8.count) ? nil : "the quote has no end"
                }
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"):
                depth -= 1
                if depth < 0 { return "')' without its '('" }
            default: break
            }
            position += 1
            return nil
        }

        /// `E'…'`, in which a backslash takes the next character's meaning away.
        private var isEscapeString: Bool {
            guard position > 0, bytes[position - 1] | 0x20 == UInt8(ascii: "e") else { return false }
            guard position > 1 else { return true }
            let before = bytes[position - 2]
            let isName = before >= 128 || before == UInt8(ascii: "_") || (before >= 48 && before <= 57)
            return !isName && !(before | 0x20 >= 97 && before | 0x20 <= 122)
        }

        /// The program's own reader of statements knows no `\'`, and would wait for an end that has come already.
        private mutating func skipEscapeString() -> String? {
            var index = position + 1
            while index < bytes.count {
                if bytes[index] == UInt8(ascii: "'") {
                    position = index + 1
                    return nil
                }
                if bytes[index...].starts(with: "\\'".utf8) {
                    position = index
                    return "a quote is written as \\' here; write it twice: ''"
                }
                index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            position = bytes.count
            return "the quote has no end"
        }

        /// `$$` or `$tag$` at the position.
        private func dollarTag() -> String? {
            guard let close = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: "$")) else { return nil }
            let tag = String(decoding: bytes[position...close], as: UTF8.self)
            let inner = tag.dropFirst().dropLast()
            return inner.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } && inner.first?.isNumber != true
                ? tag : nil
        }

        private func follows(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

        private mutating func skip(past text: String, from start: Int) -> Bool {
            var index = start
            while index < bytes.count {
                if bytes[index...].starts(with: text.utf8) {
                    position = index + text.utf8.count
                    return true
                }
                index += 1
            }
            position = bytes.count
            return false
        }
    }
}
