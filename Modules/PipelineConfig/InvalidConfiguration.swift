public import PipelineCore

/// A config file that cannot be used, with everything that is wrong in it.
public struct InvalidConfiguration: Error, Sendable, CustomStringConvertible {
    /// The file as the user named it.
    public let file: String
    /// What is wrong, from the top of the file to its end; at least one issue.
    public let issues: [ConfigurationIssue]

    /// A file with at least one issue.
    public init(file: String, issues: [ConfigurationIssue]) {
        self.file = file
        self.issues = issues
    }

    /// One line for each issue: `file:line:column: path: what is wrong (what would be right)`.
    public var lines: [String] { issues.map { $0.description(in: file) } }

    /// All lines; safe to log, since no message shows what a reference refers to, but for the path of a file that
    /// cannot be used.
    public var description: String { lines.joined(separator: "\n") }
}
