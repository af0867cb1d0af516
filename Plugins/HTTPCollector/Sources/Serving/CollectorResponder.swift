internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTPTypes
internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Answers requests: stores messages, and says what clients ask for before they send.
struct CollectorResponder: Sendable {
    let options: CollectorOptions
    let intake: EventIntake
    let bodies: BodyReader
    let webClient: WebClient
    let metrics: CollectorMetrics
    /// Nil: requests are not logged.
    let accessLog: AccessLog?
    let clock: @Sendable () -> Timestamp
    /// The metrics as text, and why events cannot be stored any more, nil while all is well.
    let health: @Sendable () -> (metrics: String, failure: PipelineError?)

    /// Answers one request; throws only where its connection is of no more use.
    func respond(to request: Request, on channel: any Channel) async throws -> Response {
        let start = ContinuousClock.now
        // Whose bytes are given to others is not heard any more.
        let share = RequestShare { channel.close(promise: nil) }
        defer { bodies.budget.end(share) }
        var exchange = Exchange(requestID: String(UInt64.random(in: 0...UInt64.max), radix: 16), share: share)
        var reply: CollectorReply
        do {
            reply = try await self.reply(to: request, channel, &exchange)
        } catch let refusal as CollectorReply {
            reply = refusal
        }
        // A page that may not send is told so, or it would try again for ever.
        if let origin = request.headers[.origin], mayCome(from: origin) || reply.status == .forbidden {
            reply.headers[.accessControlAllowOrigin] = origin
            // Pages may read only those headers that they are told of.
            reply.headers[.accessControlExposeHeaders] = "Retry-After, X-RateLimit-Reset"
            reply.headers.append(HTTPField(name: .vary, value: "Origin"))
        }
        // The rest of the body is nobody's, and no request can begin in it.
        if !exchange.isRead { reply.headers[.connection] = "close" }
        let duration = ContinuousClock.now - start
        metrics.answered(reply.status.code, source: exchange.source, bytes: exchange.bytes, after: duration)
        accessLog?.add(entry(request, exchange, reply, duration))
        return reply.response(isHead: request.method == .head)
    }

    /// Notes a request that was refused before anybody could look at it.
    func refusedMalformed() {
        metrics.answered(400, source: nil, bytes: 0, after: .zero)
        accessLog?.add(
            AccessLog.Entry(
                time: clock(),
                method: "",
                route: "malformed",
                status: 400,
                bytes: 0,
                milliseconds: 0,
                events: 0,
                requestID: ""
            )
        )
    }

    private func mayCome(from origin: String) -> Bool { options.origins?.contains(origin) ?? true }

    private func reply(to request: Request, _ channel: any Channel, _ exchange: inout Exchange) async throws
        -> CollectorReply
    {
        exchange.isRead = !request.hasBody
        guard let route = CollectorRoute(path: request.uri.path) else { throw CollectorReply.unknownPath }
        exchange.route = route
        let expectation = request.headers[.expect]?.lowercased()
        guard expectation == nil || expectation == "100-continue" else { throw CollectorReply.unknownExpectation }
        if request.method == .options { return .preflight(request.headers[.accessControlRequestHeaders]) }
        guard route.methods.contains(request.method) else { throw CollectorReply.wrongMethod(route.methods) }
        switch route {
        case .messages(let kind):
            let sender = try sender(of: request, channel, &exchange)
            let body = try await bodies.body(of: request, on: channel, &exchange)
            return try await store(body, kind, sender, &exchange)
        case .webhook: return try await storeWebhook(request, channel, &exchange)
        case .pixel(let type): return try await storePixel(request, type, channel, &exchange)
        default: return try information(route, request, channel)
        }
    }

    /// The answer to who asks and brings nothing.
    private func information(_ route: CollectorRoute, _ request: Request, _ channel: any Channel) throws(CollectorReply)
        -> CollectorReply
    {
        switch route {
        case .settings(let key):
            guard options.writeKeys.name(of: key.utf8) != nil else { throw .unknownKey }
            return .settings(key: key, host: request.head.authority ?? "")
        case .sourceConfig:
            guard let key = MessageSender(request, address: nil).writeKey, options.writeKeys.name(of: key) != nil
            else { throw .unknownKey }
            return .sourceConfig
        case .webClient: return webClient.reply(to: request)
        case .robots: return .robots
        case .live: return .success
        case .ready:
            if let failure = health().failure { throw .unavailable(failure) }
            return .success
        case .metrics where mayWatch(request, channel): return .metrics(health().metrics)
        case .version where mayWatch(request, channel): return .version
        case .messages, .webhook, .pixel, .metrics, .version: throw .unknownPath
        }
    }

    private func storeWebhook(
        _ request: Request,
        _ channel: any Channel,
        _ exchange: inout Exchange
    ) async throws -> CollectorReply {
        let sender = try sender(of: request, channel, &exchange)
        let body =
            request.method == .get
            ? nil : try intake.object(of: await bodies.body(of: request, on: channel, &exchange).joined())
        let message = WebhookMessage(body, request.uri.queryParameters.map { ($0.key, $0.value) })
        return try await store(BodyBlocks(message.body), .single(type: "track"), sender, &exchange)
    }

    private func storePixel(
        _ request: Request,
        _ type: String,
        _ channel: any Channel,
        _ exchange: inout Exchange
    ) async throws -> CollectorReply {
        guard request.method == .get else { return .pixel }
        guard let data = request.uri.queryParameters["data"].flatMap(Self.decoded) else {
            throw CollectorReply.refusal(.badRequest, "bad_request", "`data` is no Base64")
        }
        let sender = try sender(of: request, channel, &exchange)
        _ = try await store(BodyBlocks(ByteBuffer(bytes: data)), .single(type: type), sender, &exchange)
        return .pixel
    }

    /// Whoever is forwarded by a proxy comes from this machine only as it seems.
    private func mayWatch(_ request: Request, _ channel: any Channel) -> Bool {
        guard let peer = IPAddress(channel.remoteAddress), !request.headers.haveBeenForwarded else { return false }
        return options.metricsReaders.contains(peer)
    }

    /// Who sends; throws for a page of a foreign origin, and for a wrong key in the head.
    private func sender(of request: Request, _ channel: any Channel, _ exchange: inout Exchange) throws
        -> MessageSender
    {
        if let origin = request.headers[.origin], !mayCome(from: origin) { throw CollectorReply.foreignOrigin }
        let sender = MessageSender(request, address: address(of: channel, request))
        exchange.source = try intake.source(of: sender)
        return sender
    }

    private func store(
        _ body: BodyBlocks,
        _ kind: MessageKind,
        _ sender: MessageSender,
        _ exchange: inout Exchange
    ) async throws -> CollectorReply {
        let id = exchange.requestID
        let share = exchange.share
        exchange.events = try await intake.take(body, as: kind, from: sender, &exchange.source, share, requestID: id)
        return .success
    }

    /// What Base64 stands for, in the alphabet of addresses too and with or without its padding.
    private static func decoded(_ text: Substring) -> Data? {
        var plain = text.map { ["-": "+", "_": "/", " ": "+"][$0] ?? $0 }
        while plain.last == "=" { plain.removeLast() }
        return Data(base64Encoded: String(plain) + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }

    /// The sender's address: the peer's, or what a trusted proxy says that it was; nil where that is no address.
    private func address(of channel: any Channel, _ request: Request) -> IPAddress? {
        guard let peer = IPAddress(channel.remoteAddress) else { return nil }
        guard options.proxies.contains(peer) else { return peer }
        // What stands before the last one that is no proxy of ours, anybody can have written.
        for entry in request.headers.forwardedFor.reversed() {
            guard let address = IPAddress(forwarded: entry) else { return nil }
            if !options.proxies.contains(address) { return address }
        }
        return peer
    }

    private func entry(
        _ request: Request,
        _ exchange: Exchange,
        _ reply: CollectorReply,
        _ duration: Duration
    ) -> AccessLog.Entry {
        AccessLog.Entry(
            time: clock(),
            method: request.method.rawValue,
            route: exchange.route?.name ?? "unknown",
            status: reply.status.code,
            bytes: exchange.bytes,
            milliseconds: duration / .milliseconds(1),
            source: exchange.source,
            events: exchange.events,
            requestID: exchange.requestID
        )
    }
}

extension Request {
    /// Whether anything is to come behind the head.
    fileprivate var hasBody: Bool {
        headers.contains(.transferEncoding) || headers[.contentLength].map { $0 != "0" } ?? false
    }
}

extension HTTPFields {
    /// What proxies say they were called from, the nearest to the sender first.
    fileprivate var forwardedFor: [Substring] {
        filter { $0.name.canonicalName == "x-forwarded-for" }.flatMap { $0.value.split(separator: ",") }
    }

    /// Whether any proxy that says so was on the way.
    fileprivate var haveBeenForwarded: Bool {
        let names: Set = ["forwarded", "via", "x-real-ip", "cf-connecting-ip", "true-client-ip"]
        return contains { names.contains($0.name.canonicalName) || $0.name.canonicalName.hasPrefix("x-forwarded-") }
    }
}
