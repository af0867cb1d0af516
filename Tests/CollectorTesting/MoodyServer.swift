internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import Synchronization

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// A server that stands before a collector and answers what it is told to, before it lets requests through.
public final class MoodyServer: Sendable {
    /// What becomes of one request.
    public enum Mood: Sendable {
        /// It is answered, and the collector never sees it.
        case answers(Int, headers: [String: String] = [:])
        /// The collector takes it, but the sender never hears of it.
        case forgets
        /// Nobody answers for as long as the sender waits.
        case hangs
        /// The collector answers.
        case passes
    }

    private struct State {
        var moods: [Mood]
        var answers: [Int] = []
        var times: [ContinuousClock.Instant] = []
    }

    private let state: Mutex<State>
    private let rest: Mood

    /// One mood after the other, then `rest` for all others.
    public init(_ moods: [Mood], thenAll rest: Mood = .passes) {
        state = Mutex(State(moods: moods))
        self.rest = rest
    }

    /// The statuses of the answers so far.
    public var answers: [Int] { state.withLock { $0.answers } }
    /// When requests came.
    public var times: [ContinuousClock.Instant] { state.withLock { $0.times } }

    /// Serves before the collector at `target` while `body` sends to the address that it is given.
    public func serving(
        before target: String,
        _ body: @escaping @Sendable (_ address: String) async throws -> Void
    ) async throws {
        let (addresses, ready) = AsyncStream.makeStream(of: String.self)
        var logger = Logger(label: "moody-server")
        logger.logLevel = .critical
        let application = Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in
                try await self.respond(to: request, target)
            },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { ready.yield("http://127.0.0.1:\($0.localAddress?.port ?? 0)") },
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { ready.finish() }
                try await application.run()
            }
            for await address in addresses {
                try await body(address)
                break
            }
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }

    private func respond(to request: Request, _ target: String) async throws -> Response {
        let mood = state.withLock { state in
            state.times.append(.now)
            return state.moods.isEmpty ? rest : state.moods.removeFirst()
        }
        let body = try await request.body.collect(upTo: 1 << 24)
        switch mood {
        case .answers(let status, let headers): return answer(status, headers, #"{"code":"mood","message":"not now"}"#)
        case .hangs:
            try await Task.sleep(for: .seconds(60))
            return answer(503, [:], "")
        case .forgets:
            _ = try await pass(request, body, target)
            return answer(502, [:], "")
        case .passes:
            let (status, text) = try await pass(request, body, target)
            return answer(status, [:], text)
        }
    }

    private func pass(_ request: Request, _ body: ByteBuffer, _ target: String) async throws -> (Int, String) {
        guard let url = URL(string: target + request.uri.path) else { throw URLError(.badURL) }
        var passed = URLRequest(url: url)
        passed.httpMethod = request.method.rawValue
        passed.httpBody = Data(body.readableBytesView)
        for field in request.headers where field.name != .contentLength {
            passed.setValue(field.value, forHTTPHeaderField: field.name.rawName)
        }
        let (data, response) = try await URLSession.shared.data(for: passed)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    private func answer(_ status: Int, _ headers: [String: String], _ text: String) -> Response {
        state.withLock { $0.answers.append(status) }
        var fields: HTTPFields = [.contentType: "application/json"]
        for (name, value) in headers { if let name = HTTPField.Name(name) { fields[name] = value } }
        return Response(status: .init(code: status), headers: fields, body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
