/// Writes the messages of one body as lines.
///
/// A line holds the server's members, then the message's own in their order, then what it has from its batch. Of members
/// that are looked at the last of a name counts, and a null counts as none; all others pass as they stand.
struct MessageWriter {
    private let index: JSONIndex
    private let limits: MessageLimits
    private let serverMembers: [UInt8]
    /// What takes the place of a message's type.
    private let type: [UInt8]?
    private let context: SharedMembers
    private let integrations: SharedMembers
    /// What a message gets where it has no member of that name.
    private let added: [(name: MessageMember, text: [UInt8])]
    /// The members of the message at hand, and where among them the last of each name is, by its raw value.
    private var members: [(member: JSONMember, name: MessageMember)] = []
    private var last = [Int?](repeating: nil, count: MessageMember.allCases.count)
    private(set) var lines = MessageLines()

    init(
        _ index: JSONIndex,
        _ body: MessageBody,
        _ envelope: MessageEnvelope,
        _ limits: MessageLimits
    ) throws(MessageProblem) {
        self.index = index
        self.limits = limits
        serverMembers = envelope.members
        type = body.type
        integrations = try SharedMembers(body.integrations, of: index)
        context = try SharedMembers(body.context, of: index, andThen: envelope.contextMembers)
        var added: [(name: MessageMember, text: [UInt8])] = []
        if let sentAt = body.sentAt {
            var text = Array("\"sentAt\":".utf8)
            index.append(sentAt, to: &text)
            added.append((.sentAt, text))
        }
        if !context.isEmpty { added.append((.context, Array("\"context\":".utf8) + context.object)) }
        if !integrations.isEmpty {
            added.append((.integrations, Array("\"integrations\":".utf8) + integrations.object))
        }
        self.added = added
        let perMessage = added.reduce(serverMembers.count + 64) { $0 + $1.text.count }
        lines.bytes.reserveCapacity(min(index.count + body.messages.count * perMessage, limits.linesSize))
    }

    /// Appends the line of a message.
    mutating func write(_ message: Range<Int>) throws(MessageProblem) {
        let range = index.range(of: message)
        if range.count > limits.messageSize {
            keep(range)
        } else if index.isObject(message) {
            write(object: message.lowerBound)
        } else {
            index.append(message, to: &lines.bytes)
        }
        lines.bytes.append(.lineFeed)
        lines.count += 1
        guard lines.bytes.count <= limits.linesSize else { throw .tooMuchAdded(limit: limits.linesSize) }
    }

    /// Appends a line that only keeps the bytes, with the reason.
    private mutating func keep(_ range: Range<Int>) {
        lines.bytes.append(contentsOf: "{\"rejected\":{\"reason\":".utf8)
        lines.bytes.append(quoted: "it is longer than \(limits.messageSize) bytes")
        lines.bytes.append(contentsOf: "},".utf8)
        lines.bytes.append(contentsOf: serverMembers)
        if !serverMembers.isEmpty { lines.bytes.append(.comma) }
        lines.bytes.append(contentsOf: "\"raw\":".utf8)
        lines.bytes.append(quoted: range) { index[$0] }
        lines.bytes.append(.closeBrace)
        lines.rejectedCount += 1
    }

    private mutating func write(object: Int) {
        read(object)
        lines.bytes.append(.openBrace)
        let start = lines.bytes.count
        lines.bytes.append(contentsOf: serverMembers)
        if let type { append(type, after: start) }
        appendMembers(after: start)
        for (name, text) in added where last[name.rawValue] == nil { append(text, after: start) }
        lines.bytes.append(.closeBrace)
    }

    /// Finds the members of the message and their names.
    private mutating func read(_ object: Int) {
        members.removeAll(keepingCapacity: true)
        for name in last.indices { last[name] = nil }
        var rest = JSONMembers(of: object, in: index)
        while let member = rest.next(in: index) {
            let name = MessageMember(member.name, in: index)
            last[name.rawValue] = index.isNull(member.value) ? nil : members.count
            members.append((member, name))
        }
    }

    /// Appends what is kept of the message's own members; those that pass as they stand with what is between them.
    private mutating func appendMembers(after start: Int) {
        var passing: Range<Int>?
        for position in members.indices {
            let (member, name) = members[position]
            let treatment = treatment(of: name, at: position)
            if treatment == .pass {
                passing = (passing?.lowerBound ?? member.name)..<member.value.upperBound
                continue
            }
            append(passing, after: start)
            passing = nil
            if treatment == .change { append(member, name, after: start) }
        }
        append(passing, after: start)
    }

    private static let originalTimestamp = Array("\"originalTimestamp\":".utf8)

    private enum Treatment { case drop, pass, change }

    private func treatment(of name: MessageMember, at position: Int) -> Treatment {
        let isLast = last[name.rawValue] == position
        return switch name {
        case .other, .batch: .pass
        case .reserved, .writeKey: .drop
        case .type: type == nil ? .pass : .drop
        case .timestamp: isLast ? .change : .drop
        case .originalTimestamp: isLast && last[MessageMember.timestamp.rawValue] == nil ? .pass : .drop
        case .sentAt: isLast ? .pass : .drop
        case .context: !isLast ? .drop : context.isEmpty ? .pass : .change
        case .integrations: !isLast ? .drop : integrations.isEmpty ? .pass : .change
        }
    }

    private mutating func append(_ tokens: Range<Int>?, after start: Int) {
        guard let tokens else { return }
        if lines.bytes.count > start { lines.bytes.append(.comma) }
        index.append(tokens, to: &lines.bytes)
    }

    private mutating func append(_ member: JSONMember, _ name: MessageMember, after start: Int) {
        if name == .timestamp {
            // The time an event gets is computed from the server's clock; this is what the device's clock said.
            append(Self.originalTimestamp, after: start)
            index.append(member.value, to: &lines.bytes)
        } else {
            append(member.name..<member.value.lowerBound, after: start)
            append(member.value, with: name == .context ? context : integrations)
        }
    }

    private mutating func append(_ value: Range<Int>, with shared: SharedMembers) {
        if index.isObject(value) {
            shared.append(value, of: index, to: &lines.bytes)
        } else {
            index.append(value, to: &lines.bytes)
        }
    }

    private mutating func append(_ member: [UInt8], after start: Int) {
        if lines.bytes.count > start { lines.bytes.append(.comma) }
        lines.bytes.append(contentsOf: member)
    }
}
