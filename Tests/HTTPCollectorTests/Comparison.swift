@testable import HTTPCollectorPlugin

/// Runs the parser and the reference on the same body; limits are small, so that bodies by chance reach them.
struct Comparison {
    /// What both made of a body, or in what they differ.
    enum Outcome: Hashable {
        case lines
        /// Some of the lines only keep a message.
        case keptLines
        case refused(String)
        case different(String)
    }

    private let parser: MessageParser
    private let limits: MessageLimits
    /// One that leaves addresses as they are, and one that does not.
    private let envelopes: [MessageEnvelope]

    init?() {
        var limits = MessageLimits()
        limits.bodySize = 3_000
        limits.depth = 9
        limits.messageCount = 4
        limits.messageSize = 180
        limits.linesSize = 1_200
        guard let parser = MessageParser(limits: limits) else { return nil }
        var envelope = MessageEnvelope()
        envelope.add("receivedAt", "2026")
        envelope.add("source", "w\"eb")
        envelope.addToContext("ip", "::1")
        envelope.addToContext("é", "\u{1}")
        var hiding = envelope
        hiding.address = { $0.isEmpty ? nil : "\($0.utf16.count)" }
        (self.parser, self.limits, envelopes) = (parser, limits, [envelope, hiding])
    }

    func compare(_ body: [UInt8], _ kind: MessageKind) -> Outcome {
        let outcomes = envelopes.map { compare(body, kind, $0) }
        return outcomes.first { if case .different = $0 { true } else { false } } ?? outcomes[0]
    }

    private func compare(_ body: [UInt8], _ kind: MessageKind, _ envelope: MessageEnvelope) -> Outcome {
        let expected = reference(body, kind, envelope)
        let found = parse(body, kind, envelope)
        switch (expected, found) {
        case (.failure(.notUTF8), .failure(.notUTF8)): return .refused("notUTF8")
        case (.failure(let expected), .failure(let found)) where expected == found:
            return .refused(String("\(found)".prefix { !$0.isNumber }))
        case (.success(let expected), .success(let found)) where expected == found:
            return found.bytes.contains(Array("{\"rejected\":{\"".utf8)) ? .keptLines : .lines
        default: return .different("\(String(decoding: body, as: UTF8.self))\nexpected \(expected)\nfound \(found)")
        }
    }

    private struct Result: Equatable, CustomStringConvertible {
        let bytes: [UInt8]
        let count: Int
        let writeKey: String?

        var description: String {
            "\(count) lines, key \(writeKey ?? "none"):\n\(String(decoding: bytes, as: UTF8.self))"
        }
    }

    private func reference(_ body: [UInt8], _ kind: MessageKind, _ envelope: MessageEnvelope)
        -> Swift.Result<Result, MessageProblem>
    {
        do throws(MessageProblem) {
            let (lines, writeKey) = try ReferenceSplitter.split(
                body,
                kind,
                limits,
                server: #""receivedAt":"2026","source":"w\"eb""#,
                context: [("ip", #""ip":"::1""#), ("é", #""é":"\u0001""#)],
                address: envelope.address
            )
            let bytes = lines.reduce(into: [UInt8]()) { $0 += $1 + [0x0A] }
            return .success(Result(bytes: bytes, count: lines.count, writeKey: writeKey))
        } catch {
            return .failure(error)
        }
    }

    private func parse(_ body: [UInt8], _ kind: MessageKind, _ envelope: MessageEnvelope)
        -> Swift.Result<Result, MessageProblem>
    {
        do throws(MessageProblem) {
            try parser.read(body.span, as: kind)
            let lines = try parser.lines(envelope)
            return .success(Result(bytes: lines.bytes, count: lines.count, writeKey: parser.writeKey))
        } catch {
            return .failure(error)
        }
    }
}
