/// A regular expression that takes a line of a log apart by named groups.
public struct LinePattern: Sendable, Hashable {
    /// In RE2's syntax, groups as `(?P<name>…)`.
    public let expression: String
    /// The names of the groups, in order: the columns that a line gives.
    public let groups: [String]

    /// A named pattern, or an expression of one's own; nil if it is no expression or has no named group.
    public init?(_ text: String) {
        let expression = Self.named[text] ?? text.replacing("(?<", with: "(?P<").replacing("(?P<=", with: "(?<=").replacing("(?P<!", with: "(?<!")
        guard (try? Regex(expression)) != nil else { return nil }
        let groups = expression.split(separator: "(?P<", omittingEmptySubsequences: false).dropFirst().map { String($0.prefix { $0 != ">" }) }
        guard !groups.isEmpty, Set(groups).count == groups.count else { return nil }
        self.expression = expression
        self.groups = groups
    }

    /// The patterns that go by a name, as web servers document their log formats.
    public static let named: [String: String] = [
        "common": common + "$",
        "combined": common + agent + "$",
        // nginx's `combined`, and what is often added behind it (request time, forwarded address) in one last column.
        "nginx": common + agent + #"(?: (?P<rest>.*))?$"#,
    ]

    /// `%h %l %u %t "%r" %>s %b`; a request that is no request line is kept whole.
    private static let common =
        #"^(?P<remote_addr>\S+) (?P<ident>\S+) (?P<remote_user>\S+) \[(?P<time>[^\]]+)\] "(?P<request>(?:(?P<method>[A-Z]+) (?P<path>[^ "]*)(?: (?P<protocol>[^" ]+))?|(?:[^"\\]|\\.)*))" (?P<status>\d{3}) (?P<bytes>\d+|-)"#
    private static let agent = #" "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<user_agent>(?:[^"\\]|\\.)*)""#
}
