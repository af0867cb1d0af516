internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A request with the address that it came from.
struct CollectorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}

/// Answers requests: stores messages, and says what clients ask for before they send.
struct CollectorResponder: HTTPResponder {
    typealias Context = CollectorContext

    let options: CollectorOptions
    let intake: EventIntake
    let coding: any ContentCoding
    let webClient: WebClient
    /// Why events cannot be stored any more; nil while all is well.
    let failure: @Sendable () -> PipelineError?

    func respond(to request: Request, context: Context) async throws -> Response {
        let origin = request.headers[.origin]
        var response: Response
        do {
            response = try await reply(to: request, context).response
        } catch let reply as CollectorReply {
            response = reply.response
        }
        if request.method == .head { response = response.createHeadResponse() }
        if let origin, options.origins?.contains(origin) ?? true {
            response.headers[.accessControlAllowOrigin] = origin
            // Pages may read only those headers that they are told of.
            response.headers[.accessControlExposeHeaders] = "Retry-After"
            response.headers.append(HTTPField(name: .vary, value: "Origin"))
        }
        return response
    }

    private func reply(to request: Request, _ context: Context) async throws -> CollectorReply {
        guard let route = CollectorRoute(path: request.uri.path[...]) else { throw CollectorReply.unknownPath }
        if request.method == .options { return preflight }
        switch route {
        case .messages(let kind):
            guard request.method == .post else { throw CollectorReply.wrongMethod }
            let body = try await body(of: request)
            try await intake.take(body, as: kind, from: MessageSender(request, address: context.remoteAddress))
            return .success
        case .pixel(let type):
            guard request.method == .get else { throw CollectorReply.wrongMethod }
            let data = request.uri.queryParameters["data"].flatMap { Data(base64Encoded: String($0)) }
            guard let data else { throw CollectorReply.refusal(.badRequest, "bad_request", "`data` is no Base64") }
            let sender = MessageSender(request, address: context.remoteAddress)
            try await intake.take(ByteBuffer(bytes: data), as: .single(type: type), from: sender)
            return .pixel
        case .settings(let key):
            guard options.writeKeys.name(of: key.utf8) != nil else { throw CollectorReply.unknownKey }
            return .settings(key: key, host: request.head.authority ?? "")
        case .sourceConfig:
            guard let key = MessageSender(request, address: nil).writeKey, options.writeKeys.name(of: key) != nil
            else { throw CollectorReply.unknownKey }
            return .sourceConfig
        case .webClient:
            guard request.method == .get || request.method == .head else { throw CollectorReply.wrongMethod }
            return webClient.reply(to: request)
        case .live: return .success
        case .ready:
            if let failure = failure() { throw CollectorReply.unavailable(failure) }
            return .success
        }
    }

    /// The body, decompressed; as it came and as it is, it must keep to the limit.
    private func body(of request: Request) async throws -> ByteBuffer {
        let limit = options.limits.bodySize
        let stored: ByteBuffer
        do { stored = try await request.body.collect(upTo: limit) } catch is NIOTooManyBytesError {
            throw CollectorReply.bad(.tooLong(limit: limit))
        }
        switch request.headers[.contentEncoding]?.lowercased() {
        case nil, "identity": return stored
        case "gzip", "x-gzip": return try await decompressed(stored)
        default: throw CollectorReply.refusal(.badRequest, "bad_request", "the body may be compressed by gzip only")
        }
    }

    private func decompressed(_ stored: ByteBuffer) async throws -> ByteBuffer {
        let limit = options.limits.bodySize
        var plain = ByteBuffer()
        do {
            for try await chunk in coding.decode(ArrayStream([Array(buffer: stored)])) {
                plain.writeBytes(chunk)
                guard plain.readableBytes <= limit else { throw CollectorReply.bad(.tooLong(limit: limit)) }
            }
        } catch let error as PipelineError where error.code == .corruptData {
            throw CollectorReply.refusal(.badRequest, "bad_request", "the body is no whole gzip stream")
        }
        return plain
    }

    private var preflight: CollectorReply {
        var reply = CollectorReply(status: .noContent, body: ByteBuffer())
        reply.headers = [
            .accessControlAllowMethods: "GET, POST, OPTIONS",
            .accessControlAllowHeaders: "Authorization, Content-Type, Content-Encoding, AnonymousId",
            .accessControlMaxAge: "86400",
        ]
        return reply
    }
}
