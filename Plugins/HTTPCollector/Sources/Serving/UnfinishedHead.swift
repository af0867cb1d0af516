internal import NIOCore

/// Holds what the parser keeps to itself in the budget: a head that is not whole, or what follows the last chunk; ahead of the
/// parser.
final class UnfinishedHead: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let budget: RequestBudget
    /// Told by what comes behind the parser.
    private let rules: ConnectionRules
    private var share: RequestShare?

    init(_ budget: RequestBudget, _ rules: ConnectionRules) {
        self.budget = budget
        self.rules = rules
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let (size, count) = (unwrapInboundIn(data).readableBytes, rules.count)
        context.fireChannelRead(data)
        // Most heads come whole, with at least a part of the body.
        if rules.count > count { end() } else { take(size, context.channel) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func take(_ size: Int, _ channel: any Channel) {
        let share = self.share ?? RequestShare { channel.close(promise: nil) }
        self.share = share
        if !budget.take(size, for: share) { channel.close(promise: nil) }
    }

    private func end() {
        guard let share else { return }
        budget.end(share)
        self.share = nil
    }
}
