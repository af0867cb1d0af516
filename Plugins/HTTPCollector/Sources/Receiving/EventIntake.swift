internal import HTTPTypes
internal import NIOCore
internal import PipelineCore
internal import Synchronization
internal import WriteAheadLog

/// Makes lines of bodies and has them stored.
final class EventIntake: Sendable {
    private let options: CollectorOptions
    private let log: WriteAheadLog
    private let clock: @Sendable () -> Timestamp
    private let parsers: ParserPool

    init(_ options: CollectorOptions, log: WriteAheadLog, clock: @escaping @Sendable () -> Timestamp) {
        self.options = options
        self.log = log
        self.clock = clock
        parsers = ParserPool(options.limits)
    }

    /// Stores the messages of a body; returns when they are durable, and throws the reply that refuses them.
    func take(_ body: ByteBuffer, as kind: MessageKind, from sender: MessageSender) async throws(CollectorReply) {
        let lines = try lines(of: body, kind, sender)
        guard lines.count > 0 else { return }
        do {
            try await log.append(lines.bytes, events: lines.count)
        } catch let error as PipelineError {
            throw CollectorReply.unavailable(error)
        } catch {
            throw CollectorReply.refusal(.internalServerError, "internal", "events cannot be stored")
        }
    }

    private func lines(
        of body: ByteBuffer,
        _ kind: MessageKind,
        _ sender: MessageSender
    ) throws(CollectorReply) -> MessageLines {
        let lines: MessageLines?
        do {
            lines = try parsers.withParser { parser in
                try parser.read(body.readableBytesUInt8Span, as: kind)
                let key = sender.writeKey ?? parser.writeKey.map { Array($0.utf8) }
                guard let source = key.flatMap({ options.writeKeys.name(of: $0) }) else { throw CollectorReply.unknownKey }
                return try parser.lines(envelope(source, sender))
            }
        } catch let problem as MessageProblem {
            throw .bad(problem)
        } catch let reply as CollectorReply {
            throw reply
        } catch {
            throw .refusal(.internalServerError, "internal", "the body could not be read")
        }
        guard let lines else { throw .refusal(.serviceUnavailable, "unavailable", "no memory", retryAfter: .seconds(1)) }
        return lines
    }

    private func envelope(_ source: String, _ sender: MessageSender) -> MessageEnvelope {
        var envelope = MessageEnvelope()
        envelope.add("receivedAt", clock().description)
        envelope.add("source", source)
        envelope.add("requestId", String(UInt64.random(in: 0...UInt64.max), radix: 16))
        guard sender.isDevice else { return envelope }
        if let address = sender.address.flatMap(options.addresses.applied) { envelope.addToContext("ip", address) }
        if let agent = sender.userAgent { envelope.addToContext("userAgent", agent) }
        return envelope
    }
}
