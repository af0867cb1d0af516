internal import HTTPTypes
internal import NIOCore
internal import PipelineCore
internal import Synchronization
internal import WriteAheadLog

/// Makes lines of bodies and has them stored.
final class EventIntake: Sendable {
    private let options: CollectorOptions
    private let log: WriteAheadLog
    private let budget: RequestBudget
    private let metrics: CollectorMetrics
    private let clock: @Sendable () -> Timestamp
    private let parsers: ParserPool
    private let rateLimit: RateLimit?

    init(
        _ options: CollectorOptions,
        log: WriteAheadLog,
        budget: RequestBudget,
        metrics: CollectorMetrics,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.options = options
        self.log = log
        self.budget = budget
        self.metrics = metrics
        self.clock = clock
        parsers = ParserPool(options.limits)
        rateLimit = options.eventsPerSecond.map(RateLimit.init)
    }

    /// The name of the key that a sender shows before the body, nil where it shows none.
    ///
    /// Throws the reply to a sender who shows a wrong one: the body need not be read then.
    func source(of sender: MessageSender) throws(CollectorReply) -> String? {
        guard let key = sender.writeKey else { return nil }
        guard let source = options.writeKeys.name(of: key) else { throw .unknownKey }
        return source
    }

    /// Stores the messages of a body; returns how many when they are durable, and throws the reply that refuses them.
    ///
    /// `source` is the name of the sender's key; where it is nil the body has to show the key, and it becomes its name.
    /// The lines are added to `share`, which holds the body.
    func take(
        _ body: BodyBlocks,
        as kind: MessageKind,
        from sender: MessageSender,
        _ source: inout String?,
        _ share: RequestShare,
        requestID: String
    ) async throws(CollectorReply) -> Int {
        let lines = try lines(of: body, kind, sender, &source, requestID)
        guard let source, lines.count > 0 else { return 0 }
        // A batch's context stands in each of its lines: they can be far longer than the body.
        guard budget.take(lines.bytes.count, for: share) else { throw .tooManyBytes }
        if let wait = rateLimit?.take(lines.count, of: source) { throw .tooManyEvents(retryAfter: wait) }
        do {
            try await log.append(lines.bytes, events: lines.count)
        } catch let error as PipelineError {
            throw CollectorReply.unavailable(error)
        } catch {
            throw CollectorReply.refusal(.internalServerError, "internal", "events cannot be stored")
        }
        metrics.stored(lines.count, rejected: lines.rejectedCount, of: source)
        return lines.count
    }

    /// The one object that a body is, for a message to be made around it; throws the reply that refuses anything else.
    ///
    /// Without it, a body could end the message that it is put into, and write one of its own.
    func object(of body: ByteBuffer) throws(CollectorReply) -> ByteBuffer {
        let body = body.withoutMark
        try parsed(body, as: .single(type: "track")) { _ in }
        return body
    }

    private func lines(
        of body: BodyBlocks,
        _ kind: MessageKind,
        _ sender: MessageSender,
        _ source: inout String?,
        _ requestID: String
    ) throws(CollectorReply) -> MessageLines {
        try parsed(body.joined().withoutMark, as: kind) { parser in
            let name = source ?? parser.writeKey.flatMap { options.writeKeys.name(of: $0.utf8) }
            guard let name else { throw CollectorReply.unknownKey }
            source = name
            return try parser.lines(envelope(name, sender, requestID))
        }
    }

    private func parsed<Result>(
        _ body: ByteBuffer,
        as kind: MessageKind,
        _ read: (MessageParser) throws -> Result
    ) throws(CollectorReply) -> Result {
        let result: Result?
        do {
            result = try parsers.withParser { parser in
                try parser.read(body.readableBytesUInt8Span, as: kind)
                return try read(parser)
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
        if options.addresses != .keep {
            envelope.address = { [policy = options.addresses] in IPAddress($0).flatMap(policy.applied) }
        }
        guard !sender.isServer else { return envelope }
        if let address = sender.address.flatMap(options.addresses.applied) { envelope.addToContext("ip", address) }
        if let agent = sender.userAgent { envelope.addToContext("userAgent", agent) }
        return envelope
    }
}

extension ByteBuffer {
    /// Some programs begin every text with a byte order mark; JSON does not know it.
    fileprivate var withoutMark: ByteBuffer {
        var body = self
        if readableBytesView.starts(with: [0xEF, 0xBB, 0xBF]) { body.moveReaderIndex(forwardBy: 3) }
        return body
    }
}
