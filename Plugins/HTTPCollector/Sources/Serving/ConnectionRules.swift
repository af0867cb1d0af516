internal import NIOCore
internal import NIOHTTP1

/// What a server does about a connection before anybody looks at its requests.
///
/// One request at a time is passed on, and gets one answer; what a client sends before that waits here, and nothing more is
/// read meanwhile. After an answer with `Connection: close` no request is passed on any more.
final class ConnectionRules: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// What comes of a connection.
    private enum Arrival {
        case part(HTTPServerRequestPart)
        /// What follows is no HTTP.
        case malformed(any Error)
        /// Nothing follows.
        case end
    }

    /// So many requests may wait; many fit into few bytes, and each takes much memory.
    private static let mostWaiting = 16
    /// Who reads no answer before all is sent gets so long to send it.
    private static let patience = TimeAmount.seconds(5)

    private let onMalformed: @Sendable () -> Void
    /// Whether of a request that has been passed on the end is still to come.
    private var isPassing = false
    /// Whether an answer is owed.
    private var isUnanswered = false
    /// Whether no further request is passed on.
    private var isLast = false
    private var isMalformed = false
    private var waiting = CircularBuffer<Arrival>()
    private var waitingRequests = 0
    private var isReadHeld = false
    /// How many parts of requests have come.
    private(set) var count = 0

    /// `onMalformed` is told of requests that are none.
    init(onMalformed: @escaping @Sendable () -> Void) { self.onMalformed = onMalformed }

    /// The next arrival belongs to the request that is being passed on, or begins one when there is no other.
    private var isFree: Bool { isPassing || !isUnanswered }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count += 1
        take(.part(unwrapInboundIn(data)), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return context.fireErrorCaught(error) }
        take(.malformed(error), context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.inputClosed) = event as? ChannelEvent, !waiting.isEmpty else {
            return context.fireUserInboundEventTriggered(event)
        }
        take(.end, context)
    }

    func read(context: ChannelHandlerContext) {
        guard waiting.isEmpty else { return isReadHeld = true }
        context.read()
    }

    private func take(_ arrival: Arrival, _ context: ChannelHandlerContext) {
        // What comes after the last request is nobody's.
        guard isPassing || !isLast else { return }
        if waiting.isEmpty, isFree { pass(arrival, context) } else { wait(arrival) }
    }

    private func wait(_ arrival: Arrival) {
        if case .part(.body(var more)) = arrival, case .part(.body(var part)) = waiting.last {
            // A body may come in chunks of one byte.
            part.writeBuffer(&more)
            waiting[waiting.index(before: waiting.endIndex)] = .part(.body(part))
            return
        }
        waiting.append(arrival)
        guard case .part(.head) = arrival else { return }
        waitingRequests += 1
        if waitingRequests > Self.mostWaiting { endRequests() }
    }

    private func endRequests() {
        (isPassing, isLast, waitingRequests) = (false, true, 0)
        waiting.removeAll()
    }

    private func pass(_ arrival: Arrival, _ context: ChannelHandlerContext) {
        switch arrival {
        case .part(.head(let head)): pass(head, context)
        case .part(let part):
            if case .end = part { isPassing = false }
            context.fireChannelRead(wrapInboundOut(part))
        case .malformed(let error): refuse(error, context)
        case .end: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
    }

    private func pass(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        if let error = error(in: head) { return refuse(error, context) }
        var head = head
        // Whoever speaks HTTP/1.0 knows of no answer before the answer.
        if head.version != .http1_1 { head.headers.remove(name: "expect") }
        // In this one form, where the connection ends with the answer.
        if head.version != .http1_1 || !head.isKeepAlive {
            head.headers.replaceOrAdd(name: "connection", value: "close")
            isLast = true
        }
        (isPassing, isUnanswered) = (true, true)
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// What the parser lets pass and RFC 9112 does not: no host or several (3.2), chunks in HTTP/1.0 (6.1), and codings that
    /// nobody here undoes (7).
    private func error(in head: HTTPRequestHead) -> HTTPParserError? {
        let codings = head.headers[canonicalForm: "transfer-encoding"]
        guard head.version == .http1_1 else { return codings.isEmpty ? nil : .unexpectedContentLength }
        guard codings.allSatisfy({ $0.lowercased() == "chunked" }), codings.count < 2 else { return .unknown }
        return head.headers["host"].count == 1 ? nil : .invalidHeaderToken
    }

    private func refuse(_ error: any Error, _ context: ChannelHandlerContext) {
        isMalformed = true
        onMalformed()
        let hasAnswer = isPassing && !isUnanswered
        endRequests()
        guard !hasAnswer else { return context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        isUnanswered = true
        context.fireErrorCaught(error)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // To a request that turned out to be none there may be another one by then.
        guard isUnanswered else { return promise?.succeed() ?? () }
        switch unwrapOutboundIn(data) {
        case .head(let head): write(head, context, promise)
        case .body: context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            isUnanswered = false
            if isLast {
                end(context)
            } else if !waiting.isEmpty {
                behindAnswer(context) { $0.passWaiting($1) }
            }
        }
    }

    private func write(
        _ head: HTTPResponseHead,
        _ context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>?
    ) {
        var head = head
        // Hummingbird answers what the parser refuses without a body, which clients need.
        let isBare = isMalformed && head.status == .badRequest && !head.headers.contains(name: "content-type")
        let body = isBare ? CollectorReply.malformed.body : nil
        if let body {
            head.headers.replaceOrAdd(name: "content-type", value: "application/json")
            head.headers.replaceOrAdd(name: "content-length", value: "\(body.readableBytes)")
        }
        if isLast, head.status != .continue {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        } else if head.headers["connection"].contains("close") {
            isLast = true
        }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
        if let body { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
    }

    /// Ends the requests; who still sends is cut off after a while, and has read the answer by then.
    private func end(_ context: ChannelHandlerContext) {
        endRequests()
        let channel = context.channel
        channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        behindAnswer(context) { _, context in context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    }

    /// Runs once the answer has been written whose end is just passing.
    private func behindAnswer(
        _ context: ChannelHandlerContext,
        _ body: @escaping @Sendable (ConnectionRules, ChannelHandlerContext) -> Void
    ) {
        let bound = NIOLoopBound((rules: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.execute { body(bound.value.rules, bound.value.context) }
    }

    private func passWaiting(_ context: ChannelHandlerContext) {
        while isFree, isPassing || !isLast, let arrival = waiting.popFirst() {
            if case .part(.head) = arrival { waitingRequests -= 1 }
            pass(arrival, context)
        }
        context.fireChannelReadComplete()
        guard waiting.isEmpty, isReadHeld else { return }
        isReadHeld = false
        context.read()
    }
}
