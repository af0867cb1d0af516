/// A regular expression that takes a line of a log apart by named groups.
public struct LinePattern: Sendable, Hashable {
    /// In RE2's syntax, groups as `(?P<name>…)`.
    public let expression: String
    /// The names of the groups, in order: the columns that a line gives.
    public let groups: [String]

    /// A named pattern, or an expression of one's own; nil if it is no expression, or one that engines do not read (with
    /// look-around, a back reference or an atomic group), or has no named group.
    public init?(_ text: String) {
        guard let (expression, groups) = Self.read(Self.named[text] ?? text), (try? Regex(expression)) != nil,
            !groups.isEmpty, Set(groups).count == groups.count
        else { return nil }
        self.expression = expression
        self.groups = groups
    }

    /// The expression with its named groups as RE2 writes them, and their names.
    private static func read(_ text: String) -> (expression: String, groups: [String])? {
        var expression = ""
        var groups: [String] = []
        var isInClass = false
        var rest = text[...]
        while let character = rest.popFirst() {
            expression.append(character)
            if character == "\\" {
                guard let escaped = rest.popFirst() else { return nil }
                if ("1"..."9").contains(escaped) || escaped == "k" { return nil }
                expression.append(escaped)
            } else if character == "[" {
                isInClass = true
            } else if character == "]" {
                isInClass = false
            } else if character == "(", !isInClass, rest.first == "?" {
                if ["?=", "?!", "?<=", "?<!", "?>"].contains(where: rest.hasPrefix) { return nil }
                guard let opening = ["?P<", "?<"].first(where: rest.hasPrefix) else { continue }
                let name = rest.dropFirst(opening.count).prefix { $0 != ">" }
                guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else {
                    return nil
                }
                groups.append(String(name))
                expression += "?P<"
                rest = rest.dropFirst(opening.count)
            }
        }
        return (expression, groups)
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
