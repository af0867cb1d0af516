internal import BlockingIO
internal import Glibc
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import PipelineCore
internal import WriteAheadLog

/// What a sender is answered.
///
/// Clients look for exactly 200, and for `code` and `message` in the body of everything else: some send again for ever
/// where they miss them.
struct CollectorReply: Error {
    var status: HTTPResponse.Status
    var headers: HTTPFields = [.contentType: "application/json"]
    var body: ByteBuffer

    static let success = CollectorReply(status: .ok, body: ByteBuffer(string: #"{"success":true}"#))

    /// A refusal; `message` must be free of what the sender sent.
    static func refusal(
        _ status: HTTPResponse.Status,
        _ code: String,
        _ message: String,
        retryAfter: Duration? = nil
    ) -> CollectorReply {
        var text: [UInt8] = Array(#"{"code":"#.utf8)
        text.append(quoted: code)
        text += Array(#","message":"#.utf8)
        text.append(quoted: message)
        text.append(UInt8(ascii: "}"))
        var reply = CollectorReply(status: status, body: ByteBuffer(bytes: text))
        if let retryAfter { reply.headers[.retryAfter] = String(max(1, Int(retryAfter.components.seconds))) }
        return reply
    }

    /// The body of an error of HTTP itself, which ends its connection.
    static let malformed = refusal(
        .badRequest,
        "bad_request",
        "this is no request of HTTP/1.1, or its headers are too long or too many, or lack `Host`"
    )

    static let unknownExpectation = refusal(
        .expectationFailed,
        "expectation_failed",
        "of expectations only 100-continue can be met"
    )

    static let unknownKey = refusal(.unauthorized, "unauthorized", "the write key is missing or not known")
    static let foreignOrigin = refusal(
        .forbidden,
        "forbidden",
        "pages of this origin may not send; `origins:` lists those that may"
    )
    static let unknownPath = refusal(.notFound, "not_found", "no such path; messages go to /v1/batch or /v1/TYPE")

    /// The path is for other methods.
    static func wrongMethod(_ allowed: [HTTPRequest.Method]) -> CollectorReply {
        var reply = refusal(.methodNotAllowed, "method_not_allowed", "this path is not for that method")
        reply.headers[.allow] = (allowed.map(\.rawValue) + ["OPTIONS"]).joined(separator: ", ")
        return reply
    }

    /// Too long is 400 and not 413: some clients send again for ever after that.
    static func bad(_ problem: MessageProblem) -> CollectorReply { refusal(.badRequest, "bad_request", "\(problem)") }

    /// The log does not take events now, or the lake does not take what the log holds; why, without paths.
    static func unavailable(_ error: PipelineError) -> CollectorReply {
        var wait = Duration.seconds(30)
        if case .retry(let after?) = error.recovery { wait = after }
        return refusal(.serviceUnavailable, "unavailable", reason(of: error), retryAfter: wait)
    }

    private static func reason(of error: PipelineError) -> String {
        switch error.cause {
        case is LandingMark.Lost: "the lake is not the one that events have landed in; they wait in the log"
        case let refusal as WriteAheadLog.Refusal:
            switch refusal {
            case .full: "the log is full of events that have not reached the lake; try again"
            case .overtaxed: "the disk does not keep up; try again"
            case .closing: "the collector is stopping; try again"
            }
        case let failure as FileError where failure.call == "fsync":
            "the disk has failed to sync the log, and the collector has to be started again; try again"
        case let failure as FileError where [ENOSPC, EDQUOT].contains(failure.number):
            "the disk of the log is full; try again"
        default: "the log cannot be written; try again"
        }
    }

    /// The bodies that are being received take all the memory that they may.
    static let tooManyBytes = refusal(
        .serviceUnavailable,
        "unavailable",
        "too much is being received at the moment; try again",
        retryAfter: .seconds(2)
    )

    /// An image of one transparent point.
    static let pixel = CollectorReply(
        status: .ok,
        headers: [.contentType: "image/gif", .cacheControl: "no-store"],
        body: ByteBuffer(
            bytes: Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0x21, 0xF9, 4, 1, 0, 0, 0, 0]
                + [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 1, 0x44, 0, 0x3B]
        )
    )

    /// Tells Segment's libraries to send everything here.
    static func settings(key: String, host: String) -> CollectorReply {
        var text = Array(#"{"integrations":{"Segment.io":{"apiKey":"#.utf8)
        text.append(quoted: key)
        text += Array(#","apiHost":"#.utf8)
        text.append(quoted: host + "/v1")
        text += Array(#"}},"plan":{},"edgeFunction":{}}"#.utf8)
        return CollectorReply(status: .ok, body: ByteBuffer(bytes: text))
    }

    /// Tells RudderStack's libraries that their source is enabled and has no destinations of its own.
    static let sourceConfig = CollectorReply(
        status: .ok,
        body: ByteBuffer(string: #"{"source":{"id":"millrace","enabled":true,"config":{},"destinations":[]}}"#)
    )

    /// What is running.
    static let version = CollectorReply(
        status: .ok,
        body: ByteBuffer(string: #"{"name":"millrace","version":"\#(Product.version)"}"#)
    )

    /// For search engines.
    static let robots = CollectorReply(
        status: .ok,
        headers: [.contentType: "text/plain"],
        body: ByteBuffer(string: "User-agent: *\nDisallow: /\n")
    )

    /// What a page asks before it sends something other than text; any header may come, since few are looked at.
    static func preflight(_ requested: String?) -> CollectorReply {
        CollectorReply(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: "GET, POST, OPTIONS",
                .accessControlAllowHeaders: requested ?? "Authorization, Content-Type, Content-Encoding, AnonymousId",
                .accessControlMaxAge: "86400",
            ],
            body: ByteBuffer()
        )
    }

    /// A key has sent more than it may.
    static func tooManyEvents(retryAfter wait: Duration) -> CollectorReply {
        let message = "this key sends more than it may"
        var reply = refusal(.tooManyRequests, "too_many_requests", message, retryAfter: wait)
        // Segment's libraries look for either.
        if let reset = HTTPField.Name("X-RateLimit-Reset") { reply.headers[reset] = reply.headers[.retryAfter] }
        return reply
    }

    /// Metrics in Prometheus' text format.
    static func metrics(_ text: String) -> CollectorReply {
        CollectorReply(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ByteBuffer(string: text)
        )
    }

    /// The response; to HEAD with the length of the body, and without the body.
    func response(isHead: Bool) -> Response {
        guard isHead else { return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body)) }
        var headers = headers
        headers[.contentLength] = "\(body.readableBytes)"
        return Response(status: status, headers: headers)
    }
}
