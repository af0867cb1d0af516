/// As much of an expression's shape as ``RequiredText`` needs.
indirect enum ExpressionSyntax {
    /// Exactly this byte, lower-case.
    case byte(UInt8)
    /// A place between bytes: `^`, `$`, `\b`.
    case boundary
    /// Something of which nothing is known.
    case anything
    case sequence([ExpressionSyntax])
    case alternatives([ExpressionSyntax])
    case repeated(ExpressionSyntax, isOptional: Bool)
}

/// Reads the common part of regular-expression syntax: literals, escapes, classes, groups, alternatives, quantifiers.
struct ExpressionReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ expression: String) { bytes = Array(expression.utf8) }

    /// The shape; nil where the expression uses anything else, such as lookaround or `\x41`.
    mutating func read() -> ExpressionSyntax? {
        guard let syntax = alternatives(), position == bytes.count else { return nil }
        return syntax
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func alternatives() -> ExpressionSyntax? {
        var branches: [ExpressionSyntax] = []
        repeat {
            guard let branch = sequence() else { return nil }
            branches.append(branch)
        } while skip("|")
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() -> ExpressionSyntax? {
        var parts: [ExpressionSyntax] = []
        while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            guard let part = atom() else { return nil }
            parts.append(quantified(part))
        }
        return .sequence(parts)
    }

    private mutating func atom() -> ExpressionSyntax? {
        guard let byte = next else { return nil }
        position += 1
        switch Character(Unicode.Scalar(byte)) {
        case "(": return group()
        case "[": return characterClass()
        case "\\": return escape()
        case ".": return .anything
        case "^", "$": return .boundary
        default: return literal(byte)
        }
    }

    private func literal(_ byte: UInt8) -> ExpressionSyntax {
        // Bytes beyond ASCII have a case that ASCII folding does not know.
        guard byte < 0x80 else { return .anything }
        return .byte(byte.lowercasedASCII)
    }

    private mutating func group() -> ExpressionSyntax? {
        if next == UInt8(ascii: "*") || (skip("?") && !skip(":")) { return nil }
        guard let inside = alternatives(), skip(")") else { return nil }
        return inside
    }

    private mutating func characterClass() -> ExpressionSyntax? {
        _ = skip("^")
        _ = skip("]")
        while let byte = next {
            position += 1
            if byte == UInt8(ascii: "]") { return .anything }
            if byte == UInt8(ascii: "\\") { position += 1 }
            if byte == UInt8(ascii: "["), next == UInt8(ascii: ":") { return nil }
        }
        return nil
    }

    private mutating func escape() -> ExpressionSyntax? {
        guard let byte = next else { return nil }
        position += 1
        switch Character(Unicode.Scalar(byte)) {
        case "d", "D", "w", "W", "s", "S": return .anything
        case "b", "B": return .boundary
        case "a"..."z", "A"..."Z", "0"..."9": return nil
        default: return literal(byte)
        }
    }

    private mutating func quantified(_ part: ExpressionSyntax) -> ExpressionSyntax {
        let isOptional: Bool
        if skip("?") || skip("*") {
            isOptional = true
        } else if skip("+") {
            isOptional = false
        } else if let least = repetition() {
            isOptional = least == 0
        } else {
            return part
        }
        _ = skip("?") || skip("+")
        return .repeated(part, isOptional: isOptional)
    }

    /// `{2}`, `{2,}` or `{2,5}`: how often at least; nil where the brace is a literal.
    private mutating func repetition() -> Int? {
        let start = position
        guard skip("{"), let least = number() else {
            position = start
            return nil
        }
        if skip(",") { _ = number() }
        guard skip("}") else {
            position = start
            return nil
        }
        return least
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let byte = next, byte >= 0x30, byte <= 0x39, (value ?? 0) < 100_000 {
            value = (value ?? 0) * 10 + Int(byte - 0x30)
            position += 1
        }
        return value
    }
}

extension UInt8 {
    /// The byte of the small letter for that of a capital one, else itself.
    var lowercasedASCII: UInt8 { self >= 0x41 && self <= 0x5A ? self + 0x20 : self }
}
