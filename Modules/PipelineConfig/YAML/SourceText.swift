internal import PipelineCore

/// The text of a config file, changed so that YAML reads what a person means, without moving anything.
///
/// Two things stand in YAML's way. Inside `{ … }` it ends an unquoted `${NAME}` at its brace; so the braces of references
/// are replaced by characters that the file does not use. And the parser gives up at the first key that stands in a map
/// twice; so such a key is overwritten at its first character. Both put one character where one was.
struct SourceText {
    /// A file that is not text that YAML may hold.
    struct Unreadable: Error {
        let problem: String
        let hint: String
        let mark: ConfigurationMark
    }

    /// More keys than this that stand in a map twice are not told apart.
    private static let replacementLimit = 100

    private var scalars: [Unicode.Scalar]
    /// Where each line begins in `scalars`.
    private let lineStarts: [Int]
    /// Characters that the file does not use.
    private var free: ArraySlice<Unicode.Scalar>
    /// What stood where one of them stands now.
    private var hidden: [Unicode.Scalar: Unicode.Scalar] = [:]

    /// Decodes UTF-8, with or without a byte order mark.
    init(_ bytes: [UInt8]) throws(Unreadable) {
        scalars = try Self.decode(bytes)
        lineStarts = Self.lineStarts(scalars)
        let used = Set(scalars)
        let privateUse = (0xE000...0xF8FF as ClosedRange<UInt32>).lazy.compactMap(Unicode.Scalar.init)
        free = Array(privateUse.filter { !used.contains($0) }.prefix(Self.replacementLimit))[...]
        hideReferences()
    }

    /// What the YAML parser is to read.
    var text: String { String(String.UnicodeScalarView(scalars)) }

    /// What the file says where the parser read `text`.
    func original(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { hidden[$0] ?? $0 }))
    }

    /// Makes a key different from every other; false where that would change more than the key.
    mutating func overwriteKey(at mark: ConfigurationMark) -> Bool {
        guard var index = index(of: mark) else { return false }
        if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        guard index < scalars.count, !"\"'&*!?[{\\\n\r".unicodeScalars.contains(scalars[index]) else { return false }
        return hide(index)
    }

    /// The character at a place, nil at the end.
    func character(at mark: ConfigurationMark) -> Unicode.Scalar? { index(of: mark).map { scalars[$0] } }

    private func index(of mark: ConfigurationMark) -> Int? {
        guard lineStarts.indices.contains(mark.line - 1) else { return nil }
        let index = lineStarts[mark.line - 1] + mark.column - 1
        return scalars.indices.contains(index) ? index : nil
    }

    private mutating func hideReferences() {
        guard let open = free.popFirst(), let close = free.popFirst() else { return }
        hidden = [open: "{", close: "}"]
        var start: Int?
        for index in scalars.indices {
            switch scalars[index] {
            case "{" where index > 0 && scalars[index - 1] == "$": start = index
            case "}":
                if let start {
                    scalars[start] = open
                    scalars[index] = close
                }
                start = nil
            case "{", "\n", "\r": start = nil
            default: break
            }
        }
    }

    private mutating func hide(_ index: Int) -> Bool {
        guard hidden[scalars[index]] == nil, let replacement = free.popFirst() else { return false }
        hidden[replacement] = scalars[index]
        scalars[index] = replacement
        return true
    }
}

extension SourceText {
    private static func decode(_ bytes: [UInt8]) throws(Unreadable) -> [Unicode.Scalar] {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw Unreadable(
                problem: "the file is UTF-16",
                hint: "save it as UTF-8",
                mark: ConfigurationMark(line: 1, column: 1)
            )
        }
        var scalars: [Unicode.Scalar] = []
        var decoder = UTF8()
        var iterator = (bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]).makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .emptyInput: return scalars
            case .scalarValue(let scalar) where scalar.isAllowedInYAML: scalars.append(scalar)
            case .scalarValue(let scalar):
                let code = String(scalar.value, radix: 16, uppercase: true)
                throw Unreadable(
                    problem:
                        "YAML does not allow the character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code)",
                    hint: "remove it, or write it as an escape inside double quotes",
                    mark: end(of: scalars)
                )
            case .error:
                throw Unreadable(
                    problem: "this byte is not UTF-8",
                    hint: "save the file as UTF-8",
                    mark: end(of: scalars)
                )
            }
        }
    }

    private static func end(of scalars: [Unicode.Scalar]) -> ConfigurationMark {
        let starts = lineStarts(scalars)
        return ConfigurationMark(line: starts.count, column: scalars.count - (starts.last ?? 0) + 1)
    }

    /// The line breaks of YAML 1.1, which the parser counts by.
    private static func lineStarts(_ scalars: [Unicode.Scalar]) -> [Int] {
        var starts = [0]
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "\r" where index + 1 < scalars.count && scalars[index + 1] == "\n": break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": starts.append(index + 1)
            default: break
            }
        }
        return starts
    }
}

extension Unicode.Scalar {
    /// YAML's `c-printable`, and no byte order mark inside the text.
    fileprivate var isAllowedInYAML: Bool {
        switch value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
            true
        default: false
        }
    }
}
