/// Where the parts of a body are; ranges are of tokens.
struct MessageBody {
    /// The type that all messages get, as a member in JSON.
    private(set) var type: [UInt8]?
    private(set) var messages: [Range<Int>] = []
    private(set) var writeKey: String?
    /// The batch's own, whichever comes last; a null counts as none.
    private(set) var sentAt: Range<Int>?
    private(set) var context: Range<Int>?
    private(set) var integrations: Range<Int>?

    /// A body without messages.
    init() {}

    /// The parts of an object.
    init(_ index: JSONIndex, _ kind: MessageKind, _ limits: MessageLimits) throws(MessageProblem) {
        var batch: Range<Int>?
        var end = 1
        var rest = JSONMembers(of: 0, in: index)
        while let member = rest.next(in: index) {
            end = member.value.upperBound
            switch MessageMember(member.name, in: index) {
            case .writeKey: writeKey = index.text(member.value)
            case .batch: batch = member.value
            case .sentAt: sentAt = index.isNull(member.value) ? nil : member.value
            case .context: context = member.value
            case .integrations: integrations = member.value
            default: break
            }
        }
        switch kind {
        case .batch:
            guard let batch, index.first(of: batch.lowerBound) == .openBracket else { throw .noBatch }
            try split(batch, of: index, limits.messageCount)
            try checkDepth(around: batch, of: index, limits.depth)
        case .single(let name):
            // What stands at the top is the message's own.
            (sentAt, context, integrations) = (nil, nil, nil)
            var member = Array("\"type\":".utf8)
            member.append(quoted: name)
            type = member
            messages = [0..<end + 1]
        }
    }

    /// Throws if anything but the messages is nested too deep.
    private func checkDepth(around batch: Range<Int>, of index: JSONIndex, _ limit: Int) throws(MessageProblem) {
        guard index.mayBeTooDeep else { return }
        var rest = JSONMembers(of: 0, in: index)
        while let member = rest.next(in: index) {
            guard member.value == batch || 1 + index.depth(of: member.value) <= limit else {
                throw .tooDeep(limit: limit)
            }
        }
    }

    private mutating func split(_ batch: Range<Int>, of index: JSONIndex, _ limit: Int) throws(MessageProblem) {
        var token = batch.lowerBound + 1
        while token < batch.upperBound - 1 {
            guard messages.count < limit else { throw .tooManyMessages(limit: limit) }
            let end = index.end(of: token)
            messages.append(token..<end)
            token = end + 1
        }
    }
}

extension JSONIndex {
    func isNull(_ value: Range<Int>) -> Bool { first(of: value.lowerBound) == UInt8(ascii: "n") }
    func isObject(_ value: Range<Int>) -> Bool { first(of: value.lowerBound) == .openBrace }

    /// The text that the value is; nil for other values, and for what is no Unicode.
    func text(_ value: Range<Int>) -> String? {
        guard first(of: value.lowerBound) == .quote else { return nil }
        return String(validating: unescaped(value.lowerBound), as: UTF8.self)
    }
}
