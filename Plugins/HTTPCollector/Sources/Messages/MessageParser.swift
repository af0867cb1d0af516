/// Takes the bodies of requests apart into messages, one line each; used by one task at a time.
///
/// Values are never encoded anew: a line holds the bytes that were sent, between members of the server. Memory is kept
/// from body to body: room for 20 times `bodySize`, of which only what bodies have filled is ever taken.
final class MessageParser {
    private let limits: MessageLimits
    private let index: JSONIndex
    private var body = MessageBody()
    /// What the index holds in place of a body that is no UTF-8.
    private var patched: PatchedText?
    /// About how much memory is kept: what the most demanding body so far has filled.
    private(set) var memory = 0

    /// The `writeKey` at the top of the body that was read last, if it is a text.
    var writeKey: String? { body.writeKey }

    /// Nil where there is no memory.
    init?(limits: MessageLimits = MessageLimits()) {
        guard let index = JSONIndex(capacity: limits.bodySize, depth: limits.depth) else { return nil }
        self.limits = limits
        self.index = index
    }

    /// Reads a body and checks all of it but how long and how deep its messages are.
    func read(_ bytes: Span<UInt8>, as kind: MessageKind) throws(MessageProblem) {
        (body, patched) = (MessageBody(), nil)
        guard bytes.count <= limits.bodySize else { throw .tooLong(limit: limits.bodySize) }
        var verdict = index.read(bytes)
        if verdict == .broken, let patched = try PatchedText(bytes) {
            verdict = index.read(patched.bytes.span)
            self.patched = patched
        }
        memory = max(memory, index.memory)
        if verdict != .valid { try checkSyntax(verdict) }
        guard index.first(of: 0) == .openBrace else { throw .notAnObject }
        body = try MessageBody(index, kind, limits)
        if let patched { try checkFrame(patched) }
    }

    private func checkSyntax(_ verdict: JSONIndex.Verdict) throws(MessageProblem) {
        do throws(MessageProblem) {
            var syntax = JSONSyntax(index)
            try syntax.check()
            guard verdict == .doubtful else { throw .notJSON(position: 0) }
        } catch {
            // That it is no UTF-8 says more of a text that is no JSON.
            throw patched.map { .notUTF8(position: $0.firstDamage) } ?? error
        }
    }

    /// Throws where anything but messages was patched.
    private func checkFrame(_ patched: PatchedText) throws(MessageProblem) {
        var start = 0
        for message in body.messages {
            let range = index.range(of: message)
            guard !patched.isDamaged(start..<range.lowerBound) else { break }
            start = range.upperBound
        }
        guard !patched.isDamaged(start..<patched.bytes.count) else { throw .notUTF8(position: patched.firstDamage) }
    }

    /// The lines of the body that was read last.
    func lines(_ envelope: MessageEnvelope) throws(MessageProblem) -> MessageLines {
        try MessageWriter(index, body, envelope, limits).lines(of: body.messages, patched)
    }
}
