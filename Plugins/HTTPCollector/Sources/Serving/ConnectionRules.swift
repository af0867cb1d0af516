internal import NIOCore
internal import NIOHTTP1

/// What a server does about a connection before anybody looks at its requests.
final class ConnectionRules: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let onMalformed: @Sendable () -> Void
    private var isMalformed = false

    /// `onMalformed` is told of requests that are none.
    init(onMalformed: @escaping @Sendable () -> Void) { self.onMalformed = onMalformed }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What comes after a request that is none is nobody's.
        guard !isMalformed else { return }
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        if let error = error(in: head) { return errorCaught(context: context, error: error) }
        // Whoever speaks HTTP/1.0 knows of no answer before the answer.
        if head.version != .http1_1 { head.headers.remove(name: "expect") }
        // In this one form, where the connection ends with the answer.
        if head.version != .http1_1 || !head.isKeepAlive {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// What the parser lets pass and RFC 9112 does not: no host or several (3.2), chunks in HTTP/1.0 (6.1).
    private func error(in head: HTTPRequestHead) -> HTTPParserError? {
        guard head.version == .http1_1 else {
            return head.headers.contains(name: "transfer-encoding") ? .unexpectedContentLength : nil
        }
        return head.headers["host"].count == 1 ? nil : .invalidHeaderToken
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError, !isMalformed {
            isMalformed = true
            onMalformed()
        }
        context.fireErrorCaught(error)
    }

    /// Hummingbird answers what the parser refuses without a body, which clients need.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isMalformed, case .head(var head) = unwrapOutboundIn(data), head.status == .badRequest,
            !head.headers.contains(name: "content-type")
        else { return context.write(data, promise: promise) }
        let body = CollectorReply.malformed.body
        head.headers.replaceOrAdd(name: "content-type", value: "application/json")
        head.headers.replaceOrAdd(name: "content-length", value: "\(body.readableBytes)")
        context.write(wrapOutboundOut(.head(head)), promise: promise)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
}
