#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Writes the messages of one body as lines.
///
/// A line holds the server's members, then the message's own in their order, then what it has from its batch. Of members
/// that are looked at the last of a name counts, and a null counts as none; all others pass as they stand.
struct MessageWriter {
    private let index: JSONIndex
    private let limits: MessageLimits
    private let serverMembers: [UInt8]
    /// What a line begins with: a brace, the server's members, and the type if the route names one.
    private let opening: [UInt8]
    private let typeIsGiven: Bool
    private let context: SharedMembers
    private let integrations: SharedMembers
    /// What a message gets where it has no member of that name.
    private let added: [(name: MessageMember, text: [UInt8])]

    init(
        _ index: JSONIndex,
        _ body: MessageBody,
        _ envelope: MessageEnvelope,
        _ limits: MessageLimits
    ) throws(MessageProblem) {
        self.index = index
        self.limits = limits
        serverMembers = envelope.members
        typeIsGiven = body.type != nil
        let comma = typeIsGiven && !serverMembers.isEmpty ? "," : ""
        opening = [.openBrace] + serverMembers + Array(comma.utf8) + (body.type ?? [])
        integrations = try SharedMembers(body.integrations, of: index)
        context = try SharedMembers(
            body.context,
            of: index,
            andThen: envelope.contextMembers,
            address: envelope.address
        )
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
    }

    /// The lines of messages; one that was patched becomes a line that only keeps it as it was.
    func lines(of messages: [Range<Int>], _ patched: PatchedText?) throws(MessageProblem) -> MessageLines {
        var lines = MessageLines()
        let perMessage = added.reduce(opening.count + 64) { $0 + $1.text.count }
        lines.bytes.reserveCapacity(min(index.count + messages.count * perMessage, limits.linesSize))
        var outline = MessageOutline()
        for message in messages {
            let range = index.range(of: message)
            if let patched, patched.isDamaged(range) {
                keep(patched.original[range], in: &lines)
            } else if range.count > limits.messageSize {
                keep(range, "it is longer than \(limits.messageSize) bytes", in: &lines)
            } else if index.mayBeTooDeep, index.depth(of: message) > limits.depth {
                keep(range, "it is nested deeper than \(limits.depth) levels", in: &lines)
            } else if index.isObject(message) {
                outline.read(message.lowerBound, of: index)
                write(message, outline, to: &lines.bytes)
            } else {
                index.append(message, to: &lines.bytes)
            }
            lines.bytes.append(.lineFeed)
            lines.count += 1
            guard lines.bytes.count <= limits.linesSize else { throw .tooMuchAdded(limit: limits.linesSize) }
        }
        return lines
    }

    /// Appends a line that only keeps the text, with the reason.
    private func keep(_ range: Range<Int>, _ reason: String, in lines: inout MessageLines) {
        keep("\"reason\":", reason, in: &lines) { line in line.append(quoted: range) { index[$0] } }
    }

    /// Appends a line that only keeps bytes that are no text, in Base64.
    private func keep(_ bytes: ArraySlice<UInt8>, in lines: inout MessageLines) {
        keep("\"encoding\":\"base64\",\"reason\":", "it is not valid UTF-8", in: &lines) { line in
            line.append(quoted: Data(bytes).base64EncodedString())
        }
    }

    private func keep(
        _ rejection: String,
        _ reason: String,
        in lines: inout MessageLines,
        _ raw: (inout [UInt8]) -> Void
    ) {
        lines.bytes.append(contentsOf: "{\"rejected\":{\(rejection)".utf8)
        lines.bytes.append(quoted: reason)
        lines.bytes.append(contentsOf: "},".utf8)
        lines.bytes.append(contentsOf: serverMembers)
        if !serverMembers.isEmpty { lines.bytes.append(.comma) }
        lines.bytes.append(contentsOf: "\"raw\":".utf8)
        raw(&lines.bytes)
        lines.bytes.append(.closeBrace)
        lines.rejectedCount += 1
    }

    private func write(_ message: Range<Int>, _ outline: MessageOutline, to line: inout [UInt8]) {
        line.append(bytes: opening)
        // Members that pass go together, with what is between them; here they begin.
        var passing = message.lowerBound + 1
        for position in outline.members.indices {
            let (member, name) = outline.members[position]
            let treatment = treatment(of: name, at: position, outline)
            if treatment == .pass { continue }
            append(from: passing, upTo: member.name - 1, to: &line)
            if treatment == .change { append(member, name, to: &line) }
            passing = member.value.upperBound + 1
        }
        append(from: passing, upTo: message.upperBound - 1, to: &line)
        for position in added.indices where outline.last(added[position].name) == nil {
            line.separateMember()
            line.append(bytes: added[position].text)
        }
        line.append(.closeBrace)
    }

    private static let originalTimestamp = Array("\"originalTimestamp\":".utf8)

    private enum Treatment { case drop, pass, change }

    private func treatment(of name: MessageMember, at position: Int, _ outline: MessageOutline) -> Treatment {
        let isLast = outline.last(name) == position
        return switch name {
        case .other, .batch: .pass
        case .reserved, .writeKey: .drop
        case .type: typeIsGiven ? .drop : .pass
        case .timestamp: isLast ? .change : .drop
        case .originalTimestamp: isLast && outline.last(.timestamp) == nil ? .pass : .drop
        case .sentAt: isLast ? .pass : .drop
        case .context: !isLast ? .drop : context.changesNothing ? .pass : .change
        case .integrations: !isLast ? .drop : integrations.changesNothing ? .pass : .change
        }
    }

    private func append(_ member: JSONMember, _ name: MessageMember, to line: inout [UInt8]) {
        guard name != .timestamp else {
            // The time an event gets is computed from the server's clock; this is what the device's clock said.
            line.separateMember()
            line.append(bytes: Self.originalTimestamp)
            return index.append(member.value, to: &line)
        }
        line.separateMember()
        index.append(member.name..<member.value.lowerBound, to: &line)
        if !index.isObject(member.value) {
            index.append(member.value, to: &line)
        } else if name == .context {
            context.append(member.value, of: index, to: &line)
        } else {
            integrations.append(member.value, of: index, to: &line)
        }
    }

    /// Appends members, if there are any between the tokens.
    private func append(from start: Int, upTo end: Int, to line: inout [UInt8]) {
        guard start < end else { return }
        line.separateMember()
        index.append(start..<end, to: &line)
    }
}
