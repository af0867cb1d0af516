/// One thing that is wrong in the config file.
public struct ConfigurationIssue: Error, Sendable, Hashable {
    /// The dotted path of the key: `sources.web.path`.
    public let path: String
    public let problem: String
    /// What would be right.
    public let hint: String?
    public let mark: ConfigurationMark?
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

/// Collects what is wrong, so that all of it can be shown at once. Used by one thread while a file is decoded.
public final class ConfigurationIssues {
    public private(set) var all: [ConfigurationIssue] = []
    public init() {}
    public func add(_ issue: ConfigurationIssue) { all.append(issue) }
}
