internal import NIOCore
internal import NIOHTTP1

/// What a server does about a connection before anybody looks at its requests.
///
/// One request at a time is passed on; those that a client sends before it has got its answer wait here, and nothing more is
/// read meanwhile. After an answer with `Connection: close` no request is passed on any more.
final class ConnectionRules: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// So many parts of further requests may wait; many fit into few bytes, and each takes much memory.
    private static let mostWaiting = 32
    /// Who reads no answer before all is sent gets so long to send it.
    private static let patience = TimeAmount.seconds(5)

    private let onMalformed: @Sendable () -> Void
    /// Whether of a request that has been passed on the end is still to come.
    private var isPassing = false
    /// Whether a request that has been passed on has no whole answer yet.
    private var isUnanswered = false
    /// Whether no further request is passed on.
    private var isLast = false
    private var waiting = CircularBuffer<HTTPServerRequestPart>()
    private var isReadHeld = false
    private var isMalformed = false
    /// What is told of when all that came before it has been answered.
    private var malformation: (any Error)?
    /// How many parts of requests have come.
    private(set) var count = 0
    /// Whether the next part is the head of a request.
    private(set) var isBetweenRequests = true

    /// `onMalformed` is told of requests that are none.
    init(onMalformed: @escaping @Sendable () -> Void) { self.onMalformed = onMalformed }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        (count, isBetweenRequests) = (count + 1, part.isEnd)
        // What comes after a request that is none, or after the last, is nobody's.
        guard !isMalformed, isPassing || !isLast else { return }
        guard isPassing || !isUnanswered && waiting.isEmpty else { return wait(part) }
        pass(part, context)
    }

    private func wait(_ part: HTTPServerRequestPart) {
        waiting.append(part)
        guard waiting.count > Self.mostWaiting else { return }
        waiting.removeAll()
        isLast = true
    }

    private func pass(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(var head):
            if let error = error(in: head) { return refuse(error, context) }
            // Whoever speaks HTTP/1.0 knows of no answer before the answer.
            if head.version != .http1_1 { head.headers.remove(name: "expect") }
            // In this one form, where the connection ends with the answer.
            if head.version != .http1_1 || !head.isKeepAlive {
                head.headers.replaceOrAdd(name: "connection", value: "close")
                isLast = true
            }
            (isPassing, isUnanswered) = (true, true)
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body: context.fireChannelRead(wrapInboundOut(part))
        case .end:
            isPassing = false
            context.fireChannelRead(wrapInboundOut(part))
        }
    }

    /// What the parser lets pass and RFC 9112 does not: no host or several (3.2), chunks in HTTP/1.0 (6.1), and codings that
    /// nobody here undoes (7).
    private func error(in head: HTTPRequestHead) -> HTTPParserError? {
        let codings = head.headers[canonicalForm: "transfer-encoding"]
        guard head.version == .http1_1 else { return codings.isEmpty ? nil : .unexpectedContentLength }
        guard codings.allSatisfy({ $0.lowercased() == "chunked" }), codings.count < 2 else { return .unknown }
        return head.headers["host"].count == 1 ? nil : .invalidHeaderToken
    }

    func read(context: ChannelHandlerContext) {
        guard waiting.isEmpty else { return isReadHeld = true }
        context.read()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return context.fireErrorCaught(error) }
        guard !isMalformed, isPassing || !isLast else { return }
        guard isPassing || !isUnanswered && waiting.isEmpty else { return malformation = error }
        refuse(error, context)
    }

    private func refuse(_ error: any Error, _ context: ChannelHandlerContext) {
        isMalformed = true
        waiting.removeAll()
        onMalformed()
        context.fireErrorCaught(error)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): write(head, context, promise)
        case .body: context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            isUnanswered = false
            if isLast { end(context) } else if !waiting.isEmpty || malformation != nil { resume(context) }
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
        isPassing = false
        waiting.removeAll()
        let channel = context.channel
        channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        behindAnswer(context) { _, context in context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    }

    /// Passes the next request on.
    private func resume(_ context: ChannelHandlerContext) { behindAnswer(context) { $0.passNext($1) } }

    /// Runs once the answer has been written whose end is just passing.
    private func behindAnswer(
        _ context: ChannelHandlerContext,
        _ body: @escaping @Sendable (ConnectionRules, ChannelHandlerContext) -> Void
    ) {
        let bound = NIOLoopBound((rules: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.execute { body(bound.value.rules, bound.value.context) }
    }

    private func passNext(_ context: ChannelHandlerContext) {
        while isPassing || !isUnanswered, !isMalformed, !isLast || isPassing, let part = waiting.popFirst() {
            pass(part, context)
        }
        if waiting.isEmpty, !isUnanswered, let error = malformation { refuse(error, context) }
        context.fireChannelReadComplete()
        guard waiting.isEmpty, isReadHeld else { return }
        isReadHeld = false
        context.read()
    }
}

extension HTTPServerRequestPart {
    fileprivate var isEnd: Bool { if case .end = self { true } else { false } }
}
