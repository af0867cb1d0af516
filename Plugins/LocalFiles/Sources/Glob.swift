internal import PipelineCore

/// A pattern of paths: `*` and `?` within a name, `[a-z]`, `{a,b}`, and `**` for any number of directories.
///
/// Names that begin with a dot are matched only by a pattern that begins with one.
struct Glob: Sendable {
    /// The alternatives without braces, split at slashes.
    private let alternatives: [[String]]
    private let isAbsolute: Bool

    init(_ pattern: String) {
        isAbsolute = pattern.hasPrefix("/")
        alternatives = Self.expand(pattern).map { $0.split(separator: "/").map(String.init).filter { $0 != "." } }
    }

    /// The paths of all files that match, sorted, each once, written as the pattern is.
    func matches(from directory: String) throws -> [String] {
        var found: Set<String> = []
        for alternative in alternatives {
            let prefix = alternative.prefix { !$0.contains(where: "*?[".contains) }
            let fixed = prefix.count == alternative.count ? Array(alternative.dropLast()) : Array(prefix)
            let root = path(fixed)
            let absoluteRoot = isAbsolute ? root : root.isEmpty ? directory : "\(directory)/\(root)"
            guard (try? SourceStatus.of(absoluteRoot))?.isDirectory == true else {
                throw PipelineError(
                    .notFound,
                    "the directory \(absoluteRoot) does not exist",
                    while: "reading source files",
                    hint: "make it, or correct the source's path"
                )
            }
            try walk(fixed, absolute: absoluteRoot, rest: alternative.dropFirst(fixed.count), into: &found)
        }
        return found.sorted()
    }

    private func path(_ components: [String]) -> String { (isAbsolute ? "/" : "") + components.joined(separator: "/") }

    private func walk(_ components: [String], absolute: String, rest: ArraySlice<String>, into found: inout Set<String>)
        throws
    {
        guard let pattern = rest.first else { return }
        let names = try SystemFiles().entries(of: absolute)
        if pattern == "**" { try walk(components, absolute: absolute, rest: rest.dropFirst(), into: &found) }
        for name in names where pattern == "**" ? !name.hasPrefix(".") : Self.matches(name, pattern) {
            let below = "\(absolute)/\(name)"
            guard let status = try? SourceStatus.of(below) else { continue }  // It went away since the listing.
            if status.isDirectory {
                try walk(
                    components + [name],
                    absolute: below,
                    rest: pattern == "**" ? rest : rest.dropFirst(),
                    into: &found
                )
            } else if status.isFile, rest.count == 1 {
                found.insert(path(components + [name]))
            }
        }
    }

    /// Whether a name matches one component of a pattern.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        if name.hasPrefix("."), !pattern.hasPrefix(".") { return false }
        return matches(Array(name)[...], Array(pattern)[...])
    }

    private static func matches(_ name: ArraySlice<Character>, _ pattern: ArraySlice<Character>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        switch first {
        case "*":
            return (name.startIndex...name.endIndex).contains { matches(name[$0...], pattern.dropFirst()) }
        case "?":
            return !name.isEmpty && matches(name.dropFirst(), pattern.dropFirst())
        case "[":
            guard let close = pattern.dropFirst(2).firstIndex(of: "]"), let character = name.first else { return false }
            return contains(character, pattern[(pattern.startIndex + 1)..<close])
                && matches(name.dropFirst(), pattern[(close + 1)...])
        default:
            return name.first == first && matches(name.dropFirst(), pattern.dropFirst())
        }
    }

    private static func contains(_ character: Character, _ set: ArraySlice<Character>) -> Bool {
        let isNegated = set.first == "!" || set.first == "^"
        var members = isNegated ? set.dropFirst() : set
        var isMember = false
        while let low = members.popFirst() {
            if members.first == "-", members.count > 1 {
                members = members.dropFirst()
                if let high = members.popFirst(), low <= character, character <= high { isMember = true }
            } else if low == character {
                isMember = true
            }
        }
        return isMember != isNegated
    }

    /// `a{b,c}d` → `abd`, `acd`.
    private static func expand(_ pattern: String) -> [String] {
        guard let open = pattern.firstIndex(of: "{"), let close = pattern[open...].firstIndex(of: "}") else {
            return [pattern]
        }
        let choices = pattern[pattern.index(after: open)..<close].split(
            separator: ",",
            omittingEmptySubsequences: false
        )
        let before = String(pattern[..<open])
        let after = String(pattern[pattern.index(after: close)...])
        return choices.flatMap { expand(before + $0 + after) }
    }
}
