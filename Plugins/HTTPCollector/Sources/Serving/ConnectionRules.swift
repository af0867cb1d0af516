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

    /// Says `close`, in this one form, where the connection ends with the answer.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), head.version != .http1_1 || !head.isKeepAlive else {
            return context.fireChannelRead(data)
        }
        head.headers.replaceOrAdd(name: "connection", value: "close")
        context.fireChannelRead(wrapInboundOut(.head(head)))
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
