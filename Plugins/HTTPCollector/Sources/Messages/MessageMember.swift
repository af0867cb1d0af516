/// The names of members that are looked at; all others pass unseen.
enum MessageMember: Int, CaseIterable {
    case type, timestamp, originalTimestamp, sentAt, context, integrations, batch, writeKey
    /// Words of the server, which no message may speak.
    case reserved
    case other

    /// What the string says, however it is escaped.
    init(_ string: Int, in index: JSONIndex) {
        let content = index.content(of: string)
        self.init(length: content.count) { index.matches(content, $0) }
        guard self == .other, index.contains(.backslash, in: content) else { return }
        let name = index.unescaped(string)
        self.init(length: name.count) { name.elementsEqual($0.description.utf8) }
    }

    private init(length: Int, _ matches: (StaticString) -> Bool) {
        self =
            switch length {
            case 4 where matches("type"): .type
            case 5 where matches("batch"): .batch
            case 6 where matches("sentAt"): .sentAt
            case 6 where matches("source"): .reserved
            case 7 where matches("context"): .context
            case 8 where matches("writeKey"): .writeKey
            case 8 where matches("rejected"): .reserved
            case 9 where matches("timestamp"): .timestamp
            case 9 where matches("requestId"): .reserved
            case 10 where matches("receivedAt"): .reserved
            case 12 where matches("integrations"): .integrations
            case 17 where matches("originalTimestamp"): .originalTimestamp
            default: .other
            }
    }
}
