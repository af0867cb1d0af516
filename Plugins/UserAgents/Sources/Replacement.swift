/// What a rule says about one part of the result: fixed text with `$1` to `$9` for the groups of the match.
struct Replacement {
    private enum Piece {
        case text(String)
        case group(Int)
    }
    private let pieces: [Piece]

    /// The text as the rule file has it.
    init(_ template: String) {
        var pieces: [Piece] = []
        var text = ""
        var rest = template[...]
        while let character = rest.popFirst() {
            if character == "$", let digit = rest.first?.wholeNumberValue, digit > 0 {
                rest.removeFirst()
                if !text.isEmpty { pieces.append(.text(text)) }
                pieces.append(.group(digit))
                text = ""
            } else {
                text.append(character)
            }
        }
        if !text.isEmpty { pieces.append(.text(text)) }
        self.pieces = pieces
    }

    /// The group as it is; what holds where the rule file has no text.
    init(group: Int) { pieces = [.group(group)] }

    /// The result without white space around it; nil where nothing is left.
    func applied(to text: [UInt8], _ match: MatchRoom) -> String? {
        var result: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let fixed): result += fixed.utf8
            case .group(let number): if let range = match.group(number) { result += text[range] }
            }
        }
        let isSpace = { (byte: UInt8) in byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
        guard let first = result.firstIndex(where: { !isSpace($0) }),
            let last = result.lastIndex(where: { !isSpace($0) })
        else { return nil }
        return String(decoding: result[first...last], as: UTF8.self)
    }
}
