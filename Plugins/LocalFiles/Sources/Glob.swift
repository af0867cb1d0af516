internal import PipelineCore

/// A pattern of paths: `*` and `?` within a name, `[a-z]`, `{a,b}`, and `**` for any number of directories.
///
/// Names that begin with a dot are matched only by a pattern that begins with one.
struct Glob: Sendable {
    private let pattern: String
    /// The alternatives without braces, split at slashes.
    private let alternatives: [[String]]
    /// The directory before the first wildcard.
    private let root: [String]
    private let hasWildcards: Bool
    private let isAbsolute: Bool

    init(_ pattern: String) {
        self.pattern = pattern
        isAbsolute = pattern.hasPrefix("/")
        let components = Self.components(of: pattern)
        let fixed = components.prefix { !$0.contains(where: "*?[{".contains) }
        hasWildcards = fixed.count < components.count
        root = Array(hasWildcards ? fixed : fixed.dropLast())
        alternatives = Self.expand(pattern).map(Self.components)
    }

    private static func components(of pattern: String) -> [String] {
        pattern.split(separator: "/").map(String.init).filter { $0 != "." }
    }

    /// All files that match, sorted by path, each path once and written as the pattern is.
    func matches(from directory: String) throws -> [SourceFile] {
        try requireRoot(from: directory)
        var found: [[UInt8]: SourceFile] = [:]
        for alternative in alternatives {
            let prefix = alternative.prefix { !$0.contains(where: "*?[".contains) }
            let fixed = prefix.count == alternative.count ? Array(alternative.dropLast()) : Array(prefix)
            let start = place(fixed, from: directory)
            guard let status = try SourceStatus.ifPresent(start), status.isDirectory else { continue }
            let rest = alternative.dropFirst(fixed.count)
            try walk(Step(components: fixed, absolute: start, above: [status.identity]), rest, into: &found)
        }
        let files = found.values.sorted { $0.path < $1.path }
        // The ledger could not tell them apart.
        for (file, next) in zip(files, files.dropFirst()) where file.path == next.path {
            throw PipelineError(
                .conflict,
                "two files are called '\(file.path)', with an accent that is spelled in two ways",
                while: "reading source files",
                hint: "rename one of them"
            )
        }
        return files
    }

    private func requireRoot(from directory: String) throws {
        let place = place(root, from: directory)
        let status = try SourceStatus.ifPresent(place)
        guard status?.isDirectory == true else {
            throw PipelineError(
                .notFound,
                status == nil ? "the directory \(place) does not exist" : "\(place) is not a directory",
                while: "reading source files",
                hint: "make it, or correct the source's path"
            )
        }
        let whole = self.place(alternatives[0], from: directory)
        if !hasWildcards, try SourceStatus.ifPresent(whole)?.isDirectory == true {
            throw PipelineError(
                .invalidConfiguration,
                "\(whole) is a directory",
                while: "reading source files",
                hint: "say which files: \(pattern.hasSuffix("/") ? pattern : pattern + "/")*"
            )
        }
    }

    private func path(_ components: [String]) -> String { (isAbsolute ? "/" : "") + components.joined(separator: "/") }

    private func place(_ components: [String], from directory: String) -> String {
        let path = path(components)
        return isAbsolute ? path : path.isEmpty ? directory : "\(directory)/\(path)"
    }

    /// A directory on the way to matches.
    private struct Step {
        let components: [String]
        let absolute: String
        /// The directory and those that lead to it.
        let above: [SourceStatus.Identity]
    }

    private func walk(_ step: Step, _ rest: ArraySlice<String>, into found: inout [[UInt8]: SourceFile]) throws {
        guard let pattern = rest.first else { return }
        try Task.checkCancellation()
        if pattern == "**" { try walk(step, rest.dropFirst(), into: &found) }
        for bytes in try names(in: step.absolute) {
            let name = String(decoding: bytes, as: UTF8.self)
            guard pattern == "**" ? !name.hasPrefix(".") : Self.matches(name, pattern) else { continue }
            let below = "\(step.absolute)/\(name)"
            guard name.utf8.elementsEqual(bytes) else { throw notText(below) }
            guard let status = try SourceStatus.ifPresent(below) else { continue }  // It went away since the listing.
            let components = step.components + [name]
            if status.isDirectory {
                // A link to a directory above leads round in circles.
                if pattern == "**", step.above.contains(status.identity) { continue }
                let next = Step(components: components, absolute: below, above: step.above + [status.identity])
                try walk(next, pattern == "**" ? rest : rest.dropFirst(), into: &found)
            } else if status.isFile, rest.count == 1 {
                let path = path(components)
                found[Array(path.utf8)] = SourceFile(path: path, size: status.size, modified: status.modified)
            }
        }
    }

    /// None where the directory went away since it was found.
    private func names(in directory: String) throws -> [[UInt8]] {
        do { return try sourceNames(in: directory) } catch let error as PipelineError where error.code == .notFound {
            return []
        }
    }

    private func notText(_ path: String) -> PipelineError {
        PipelineError(
            .invalidConfiguration,
            "the name of \(path) is not UTF-8",
            while: "reading source files",
            hint: "rename it, or narrow the source's path so that it does not match"
        )
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
            // A bracket that comes first, or that nothing closes, stands for itself.
            let members = pattern.dropFirst(pattern.dropFirst().first.map(isNegation) == true ? 2 : 1)
            guard let close = members.dropFirst().firstIndex(of: "]") else { fallthrough }
            guard let character = name.first else { return false }
            return contains(character, pattern[(pattern.startIndex + 1)..<close])
                && matches(name.dropFirst(), pattern[(close + 1)...])
        default:
            return name.first == first && matches(name.dropFirst(), pattern.dropFirst())
        }
    }

    private static func contains(_ character: Character, _ set: ArraySlice<Character>) -> Bool {
        let isNegated = set.first.map(isNegation) == true
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

    private static func isNegation(_ character: Character) -> Bool { character == "!" || character == "^" }

    /// `a{b,c}d` → `abd`, `acd`; from the innermost braces outwards.
    private static func expand(_ pattern: String) -> [String] {
        guard let close = pattern.indices.first(where: { pattern[$0] == "}" && pattern[..<$0].contains("{") }),
            let open = pattern[..<close].lastIndex(of: "{")
        else { return [pattern] }
        let choices = pattern[pattern.index(after: open)..<close].split(
            separator: ",",
            omittingEmptySubsequences: false
        )
        let before = String(pattern[..<open])
        let after = String(pattern[pattern.index(after: close)...])
        return choices.flatMap { expand(before + $0 + after) }
    }
}
