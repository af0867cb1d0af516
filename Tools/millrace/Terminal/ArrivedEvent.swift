/// An event as a collector keeps it, for people to look at.
enum EventValue {
    case text(String)
    /// As it was written.
    case number(String)
    case boolean(Bool)
    case list([EventValue])
    case object([String: EventValue])
    case null

    /// What is at a path of members, and of positions in lists, from 0; nil where there is nothing.
    subscript(path: some Sequence<String>) -> EventValue? {
        var found: EventValue? = self
        for name in path {
            switch found {
            case .object(let members): found = members[name]
            case .list(let items): found = Int(name).flatMap { items.indices.contains($0) ? items[$0] : nil }
            default: return nil
            }
        }
        return found
    }

    /// As people write it: texts without quotes, nothing for null.
    var text: String {
        switch self {
        case .text(let text), .number(let text): text
        case .boolean(let value): value ? "true" : "false"
        case .null: ""
        case .list(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
        case .object(let members):
            members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }.joined(separator: " ")
        }
    }
}

/// One condition on an event: `PATH=VALUE`.
struct EventFilter {
    private let path: [String]
    private let value: String

    init?(_ text: String) {
        guard let sign = text.firstIndex(of: "="), sign > text.startIndex else { return nil }
        path = text[..<sign].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        value = String(text[text.index(after: sign)...])
    }

    /// Whether the member at the path is the value; what lacks it is the empty text.
    func matches(_ event: EventValue) -> Bool { (event[path]?.text ?? "") == value }
}

extension EventValue {
    /// Time, source, type, what it is called, whose it is, and what else it says, on one line.
    var line: String {
        guard case .object = self else { return text.onOneLine }
        let type = self[["rejected"]] == nil ? shown("type") : "rejected"
        let name =
            [shown("event"), shown("name"), self[["rejected", "reason"]]?.text ?? ""].first { !$0.isEmpty } ?? ""
        let person = [shown("userId"), shown("anonymousId")].first { !$0.isEmpty } ?? ""
        let time = shown("receivedAt").dropFirst(11).prefix(12)
        let more = (self[["properties"]] ?? self[["traits"]])?.text ?? ""
        let parts = [
            time.padded(to: 12), shown("source").padded(to: 12), type.padded(to: 8), name.padded(to: 24),
            person.padded(to: 12),
            String(more.prefix(160)),
        ]
        return parts.joined(separator: "  ").onOneLine
    }

    private func shown(_ member: String) -> String { self[[member]]?.text ?? "" }
}

extension Substring {
    fileprivate func padded(to width: Int) -> String { String(self).padded(to: width) }
}
