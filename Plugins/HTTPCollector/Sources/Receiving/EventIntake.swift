internal import HTTPTypes
internal import NIOCore
internal import PipelineCore
internal import Synchronization
internal import WriteAheadLog

/// Makes lines of bodies and has them stored.
final class EventIntake: Sendable {
    /// What was stored of a body.
    struct Receipt {
        /// The name of the key that it came with.
        let source: String
        let count: Int
    }

    private let options: CollectorOptions
    private let log: WriteAheadLog
    private let metrics: CollectorMetrics
    private let clock: @Sendable () -> Timestamp
    private let parsers: ParserPool
    private let rateLimit: RateLimit?

    init(
        _ options: CollectorOptions,
        log: WriteAheadLog,
        metrics: CollectorMetrics,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.options = options
        self.log = log
        self.metrics = metrics
        self.clock = clock
        parsers = ParserPool(options.limits)
        rateLimit = options.eventsPerSecond.map(RateLimit.init)
    }

    /// Throws the reply to a sender who shows a wrong key before the body, which need not be read then.
    func admit(_ sender: MessageSender) throws(CollectorReply) {
        if let key = sender.writeKey, options.writeKeys.name(of: key) == nil { throw .unknownKey }
    }

    /// Stores the messages of a body; returns when they are durable, and throws the reply that refuses them.
    func take(
        _ body: ByteBuffer,
        as kind: MessageKind,
        from sender: MessageSender,
        requestID: String
    ) async throws(CollectorReply) -> Receipt {
        let (source, lines) = try lines(of: body, kind, sender, requestID)
        let receipt = Receipt(source: source, count: lines.count)
        guard lines.count > 0 else { return receipt }
        if let wait = rateLimit?.take(lines.count, of: source) { throw .tooManyEvents(retryAfter: wait) }
        do {
            try await log.append(lines.bytes, events: lines.count)
        } catch let error as PipelineError {
            throw CollectorReply.unavailable(error)
        } catch {
            throw CollectorReply.refusal(.internalServerError, "internal", "events cannot be stored")
        }
        metrics.stored(lines.count, rejected: lines.rejectedCount, of: source)
        return receipt
    }

    private func lines(
        of body: ByteBuffer,
        _ kind: MessageKind,
        _ sender: MessageSender,
        _ requestID: String
    ) throws(CollectorReply) -> (source: String, lines: MessageLines) {
        let result: (String, MessageLines)?
        do {
            result = try parsers.withParser { parser in
                try parser.read(body.readableBytesUInt8Span, as: kind)
                let key = sender.writeKey ?? parser.writeKey.map { Array($0.utf8) }
                guard let source = key.flatMap({ options.writeKeys.name(of: $0) }) else {
                    throw CollectorReply.unknownKey
                }
                return (source, try parser.lines(envelope(source, sender, requestID)))
            }
        } catch let problem as MessageProblem {
            throw .bad(problem)
        } catch let reply as CollectorReply {
            throw reply
        } catch {
            throw .refusal(.internalServerError, "internal", "the body could not be read")
        }
        guard let result else {
            throw .refusal(.serviceUnavailable, "unavailable", "no memory", retryAfter: .seconds(1))
        }
        return result
    }

    private func envelope(_ source: String, _ sender: MessageSender, _ requestID: String) -> MessageEnvelope {
        var envelope = MessageEnvelope()
        envelope.add("receivedAt", clock().description)
        envelope.add("source", source)
        envelope.add("requestId", requestID)
        if options.addresses != .keep { envelope.address = { [policy = options.addresses] in policy.applied(to: $0) } }
        guard sender.isDevice else { return envelope }
        if let address = sender.address.flatMap(options.addresses.applied) { envelope.addToContext("ip", address) }
        if let agent = sender.userAgent { envelope.addToContext("userAgent", agent) }
        return envelope
    }
}
