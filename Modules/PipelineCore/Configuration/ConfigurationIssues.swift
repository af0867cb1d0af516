/// One thing that is wrong in the config file.
public struct ConfigurationIssue: Error, Sendable, Hashable {
    /// The dotted path of the key: `sources.web.path`; empty for the file as a whole.
    public let path: String
    /// What is wrong; never shows a value that a reference supplied.
    public let problem: String
    /// What would be right.
    public let hint: String?
    /// Where it is wrong; nil where no place in the file is to blame.
    public let mark: ConfigurationMark?

    /// An issue at a place of the file.
    public init(path: String, problem: String, hint: String?, mark: ConfigurationMark?) {
        self.path = path
        self.problem = problem
        self.hint = hint
        self.mark = mark
    }

    /// `file:line:column: path: problem (hint)`.
    public func description(in file: String) -> String {
        let place = mark.map { "\(file):\($0.line):\($0.column)" } ?? file
        return place + ": " + (path.isEmpty ? "" : "\(path): ") + problem + (hint.map { " (\($0))" } ?? "")
    }
}

/// Collects what is wrong, so that all of it can be shown at once; used by one thread while a file is decoded.
public final class ConfigurationIssues {
    /// All issues in the order in which they were found.
    public private(set) var all: [ConfigurationIssue] = []
    /// The directory of the config file: what relative paths are relative to.
    public let baseDirectory: String
    /// The config file, as whoever started the program calls it; nil where there is none.
    public let file: String?
    /// How many problems were found, those that are not shown included: unchanged after a read, it read well.
    public private(set) var count = 0
    private var seen: Set<ConfigurationIssue> = []
    private var silenced: Set<ConfigurationMark> = []
    private var claims: [(resource: String, part: String?, owner: String)] = []

    /// No issues yet.
    public init(baseDirectory: String = ".", file: String? = nil) {
        self.baseDirectory = baseDirectory
        self.file = file
    }

    /// Adds an issue, unless its place has been silenced or the same issue is there already.
    public func add(_ issue: ConfigurationIssue) {
        count += 1
        if let mark = issue.mark, silenced.contains(mark) { return }
        if seen.insert(issue).inserted { all.append(issue) }
    }

    /// Notes that a block needs something that only one can have; returns the path of the block that has it already.
    func claim(_ resource: String, part: String?, for owner: String) -> String? {
        let other = claims.first { claim in
            claim.resource == resource && (claim.part == nil || part == nil || claim.part == part)
        }
        claims.append((resource, part, owner))
        return other?.owner
    }

    /// Ignores further issues at a place whose value is known to be missing, so that one mistake is reported once.
    public func silence(_ mark: ConfigurationMark) { silenced.insert(mark) }

    /// All issues from the top of the file to its end; those without a place come first.
    public var sorted: [ConfigurationIssue] {
        let ranked = all.enumerated().map {
            (line: $1.mark?.line ?? 0, column: $1.mark?.column ?? 0, offset: $0, issue: $1)
        }
        return ranked.sorted { ($0.line, $0.column, $0.offset) < ($1.line, $1.column, $1.offset) }.map(\.issue)
    }
}
