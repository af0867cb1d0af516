import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// A web site of one page under every path, at another origin than the collector; and a collector that fails.
final class PageServer: Sendable {
    /// How a request to the failing collector is answered.
    struct Fault: Sendable {
        var status: HTTPResponse.Status
        var retryAfter: String?
    }

    private struct State {
        var head = ""
        var headers: HTTPFields = [:]
        var faults: [Fault] = []
        var attempts: [(time: ContinuousClock.Instant, body: String)] = []
    }

    private let state = Mutex(State())

    /// What stands in the page's head.
    func set(head: String, headers: HTTPFields = [:]) {
        state.withLock { ($0.head, $0.headers) = (head, headers) }
    }

    /// The next answers to what is sent here; then everything is answered by 200.
    func fail(_ faults: [Fault]) { state.withLock { $0.faults = faults } }

    /// What was sent here, as a collector would get it.
    var attempts: [(time: ContinuousClock.Instant, body: String)] { state.withLock { $0.attempts } }

    /// Serves while `body` uses the address that it is given.
    static func serving(_ body: @escaping @Sendable (PageServer, String) async throws -> Void) async throws {
        let server = PageServer()
        let (ports, ready) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run { ready.yield($0) } }
            for await port in ports {
                try await body(server, "http://127.0.0.1:\(port)")
                break
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func run(_ onReady: @escaping @Sendable (Int) -> Void) async throws {
        let router = Router()
        router.get("/") { [self] _, _ in page("/") }
        router.get("**") { [self] request, _ in page(request.uri.path) }
        router.post("v1/batch") { [self] request, _ in
            answer(String(buffer: try await request.body.collect(upTo: 1 << 20)))
        }
        var logger = Logger(label: "pages")
        logger.logLevel = .error
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in onReady(channel.localAddress?.port ?? 0) },
            logger: logger
        )
        try await application.run()
    }

    private func page(_ path: String) -> Response {
        let (head, headers) = state.withLock { ($0.head, $0.headers) }
        let text = "<!doctype html><title>Page \(path)</title>\(head)<body><a id=out href=/next>next</a></body>"
        var fields = headers
        fields[.contentType] = "text/html; charset=utf-8"
        return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private func answer(_ body: String) -> Response {
        let fault = state.withLock { state in
            state.attempts.append((.now, body))
            return state.faults.isEmpty ? nil : state.faults.removeFirst()
        }
        var headers: HTTPFields = [.accessControlAllowOrigin: "*", .accessControlExposeHeaders: "Retry-After"]
        headers[.retryAfter] = fault?.retryAfter
        return Response(status: fault?.status ?? .ok, headers: headers)
    }
}
