internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTPTypes
internal import PipelineCore

/// Reads the bodies of requests.
struct BodyReader: Sendable {
    let options: CollectorOptions
    let coding: any ContentCoding
    let budget: RequestBudget

    /// The body, decompressed; as it came and as it is, it must keep to the limit, and come in time.
    func body(of request: Request, on channel: any Channel, _ exchange: inout Exchange) async throws -> BodyBlocks {
        let limit = options.limits.bodySize
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(options.bodyTimeout)) {
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        if let length = request.headers[.contentLength].flatMap(Int.init), length > limit {
            throw CollectorReply.bad(.tooLong(limit: limit))
        }
        if request.headers[.expect]?.lowercased() == "100-continue" {
            channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)), promise: nil)
        }
        var stored = BodyBlocks()
        for try await part in request.body { try add(part, to: &stored, &exchange) }
        exchange.isRead = true
        budget.settle(exchange.share)
        exchange.bytes = stored.count
        switch request.headers[.contentEncoding]?.lowercased() {
        case nil, "identity": return stored
        case "gzip", "x-gzip": return try await decompressed(stored, &exchange)
        default: throw CollectorReply.refusal(.badRequest, "bad_request", "the body may be compressed by gzip only")
        }
    }

    /// Takes memory for a part of a body, and adds it.
    private func add(_ part: ByteBuffer, to body: inout BodyBlocks, _ exchange: inout Exchange) throws(CollectorReply) {
        let (count, limit) = (part.readableBytes, options.limits.bodySize)
        guard body.count + count <= limit else { throw .bad(.tooLong(limit: limit)) }
        guard budget.take(count, for: exchange.share) else { throw .tooManyBytes }
        body.append(part)
    }

    private func decompressed(_ stored: BodyBlocks, _ exchange: inout Exchange) async throws -> BodyBlocks {
        var plain = BodyBlocks()
        do {
            for try await chunk in coding.decode(stored.stream()) {
                try add(ByteBuffer(bytes: chunk), to: &plain, &exchange)
            }
        } catch let error as PipelineError where error.code == .corruptData {
            throw CollectorReply.refusal(.badRequest, "bad_request", "the body is no whole gzip stream")
        }
        return plain
    }
}
