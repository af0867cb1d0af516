// Foundation: URLSession and its delegates are made of its objects.
internal import Foundation

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// Posts batches to one server.
final class BatchRequest: Sendable {
    enum Answer: Sendable {
        /// Exactly 200: all messages are on stable storage there.
        case taken
        /// At least one message is not understood, or they are too many at once.
        case refused(String)
        /// Nothing is taken from here at all.
        case rejected(Int, String)
        case failed(String, wish: Duration?)
        case cancelled
    }

    /// What surrounds the messages of a batch, in bytes at most.
    static let envelopeSize = 64

    private let request: URLRequest
    private let session: URLSession

    init(url: URL, writeKey: String, timeout: Duration) throws(MillraceFailure) {
        guard ["http", "https"].contains(url.scheme?.lowercased()), url.host() != nil else {
            throw .unusable("the URL must begin with https:// or http:// and name a host")
        }
        var request = URLRequest(url: url.appending(path: "v1/batch"))
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        let credentials = Data((writeKey + ":").utf8).base64EncodedString()
        request.setValue("Basic " + credentials, forHTTPHeaderField: "Authorization")
        request.timeoutInterval = timeout / .seconds(1)
        self.request = request
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.urlCache = nil
        session = URLSession(configuration: configuration, delegate: RedirectRefusal(), delegateQueue: nil)
    }

    deinit { session.invalidateAndCancel() }

    func send(_ messages: ArraySlice<[UInt8]>) async -> Answer {
        var request = request
        request.httpBody = Data(Self.body(messages, sentAt: .now))
        do {
            let (data, response) = try await session.data(for: request)
            guard let response = response as? HTTPURLResponse else { return .failed("no answer", wish: nil) }
            return Self.answer(response.statusCode, data, response.value(forHTTPHeaderField: "Retry-After"))
        } catch {
            if Task.isCancelled { return .cancelled }
            return .failed((error as? URLError)?.localizedDescription ?? "\(error)", wish: nil)
        }
    }

    static func body(_ messages: ArraySlice<[UInt8]>, sentAt: Date) -> [UInt8] {
        var body = Array(#"{"sentAt":""#.utf8) + Array(sentAt.timestamp.utf8) + Array(#"","batch":["#.utf8)
        body.reserveCapacity(messages.reduce(Self.envelopeSize) { $0 + $1.count + 1 })
        for (index, message) in messages.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += message
        }
        return body + Array("]}".utf8)
    }

    private static func answer(_ status: Int, _ body: Data, _ retryAfter: String?) -> Answer {
        let reason = (try? JSONDecoder().decode(Reason.self, from: body))?.message.prefix(200) ?? "HTTP \(status)"
        return switch status {
        case 200: .taken
        case 400, 413: .refused(String(reason))
        case 408, 429, 500...: .failed("HTTP \(status): \(reason)", wish: Backoff.wish(retryAfter))
        default: .rejected(status, String(reason))
        }
    }

    private struct Reason: Decodable { let message: String }
}

/// A request that is sent somewhere else becomes a GET there, whose 200 would mean nothing.
private final class RedirectRefusal: NSObject, URLSessionTaskDelegate {
    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}
