import NIOCore
import NIOPosix
import NIOSSL

/// A client that sends what it is told, byte for byte.
struct RawClient {
    let port: Int
    /// Nil: plain HTTP.
    var tls: NIOSSLContext?

    /// Sends the pieces with a pause before each but the first, and then, if told, that nothing more comes; returns what comes
    /// back until the server closes.
    func send(_ pieces: [String], pause: Duration = .zero, endsOutput: Bool = false) async throws -> String {
        try await send(bytes: pieces.map { ByteBuffer(string: $0) }, pause: pause, endsOutput: endsOutput)
    }

    /// The same of bytes that are no text.
    func send(bytes pieces: [ByteBuffer], pause: Duration = .zero, endsOutput: Bool = false) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { [tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)
                    )
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            async let answer = Self.text(of: inbound)
            do {
                for (index, piece) in pieces.enumerated() {
                    if index > 0 { try await Task.sleep(for: pause) }
                    try await outbound.write(piece)
                }
                if endsOutput { outbound.finish() }
            } catch is ChannelError {}  // The server has hung up, which the answer tells.
            return await answer
        }
    }

    private static func text(of inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async -> String {
        var text = ""
        do { for try await buffer in inbound { text += String(buffer: buffer) } } catch {}  // As good as an end.
        return text
    }

    /// A request that the server closes the connection after.
    static func request(
        _ method: String = "POST",
        _ path: String = "/v1/track",
        _ headers: [String: String] = [:],
        body: String = #"{"userId":"u","event":"e","writeKey":"k"}"#
    ) -> String {
        let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        let length = method == "POST" ? "Content-Length: \(body.utf8.count)\r\n" : ""
        return "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(lines)\(length)\r\n"
            + (method == "POST" ? body : "")
    }
}
