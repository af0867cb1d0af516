internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1

/// A connection that speaks HTTP/1.1, by the handlers of NIO and Hummingbird with ``ConnectionRules`` between them.
struct CollectorChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let responder: HTTPChannelHandler.Responder
    /// How long it may be silent.
    let idleTimeout: Duration
    /// What heads take that are not whole.
    let budget: RequestBudget
    /// Is told of requests that are none.
    let onMalformed: @Sendable () -> Void

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var limits = NIOHTTPDecoderLimitConfiguration()
            (limits.maxHeaderFieldSize, limits.maxHeaderListSize) = (16 << 10, 32 << 10)
            limits.maxHeaderFieldCount = 100
            let pipeline = channel.pipeline.syncOperations
            let rules = ConnectionRules(onMalformed: onMalformed)
            try pipeline.addHandler(UnfinishedHead(budget, rules))
            // Answers keep to the order of requests, and to HTTP's form, by the rules and the layers above.
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false,
                withErrorHandling: false,
                withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(),
                withDecoderLimitConfiguration: limits
            )
            try pipeline.addHandler(rules)
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: idleTimeout, logger: logger))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(
                    // Nothing more is read before what was read is in somebody's budget.
                    backPressureStrategy: .init(lowWatermark: 2, highWatermark: 4),
                    isOutboundHalfClosureEnabled: true
                )
            )
        }
    }

    func handle(value: Value, logger: Logger) async { await handleHTTP(asyncChannel: value, logger: logger) }
}
