import CollectorTesting
import ConnectorTesting
import Foundation
import Glibc
import NIOSSL
import PipelineCore
import Testing

@testable import HTTPCollectorPlugin

@Suite("What a collector is protected against", .serialized) struct ProtectionTests {
    private let running: RunningCollector

    init() throws { running = try RunningCollector() }

    @Test("A client that is slow with its head, or with its body, is hung up on")
    func slow() async throws {
        try await running.serving({ ($0.idleTimeout, $0.bodyTimeout) = (.seconds(1), .seconds(1)) }) { client in
            let toHead = try await client.send(["POST /v1/tr", "ack HTTP/1.1\r\n"], pause: .seconds(3))
            #expect(toHead == "")
            let head = "POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
            let trickle = Array(repeating: " ", count: 30)
            let toBody = try await client.send([head] + trickle, pause: .milliseconds(200))
            #expect(toBody == "")
        }
        #expect(try await running.landed().isEmpty)
    }

    @Test("Connections above the limit wait until one is free")
    func connections() async throws {
        try await running.serving({ $0.connections = 1 }) { client in
            let request = RawClient.request()
            async let first = client.send(
                [String(request.prefix(40)), String(request.dropFirst(40))],
                pause: .seconds(1)
            )
            try await Task.sleep(for: .milliseconds(300))
            let start = ContinuousClock.now
            #expect(try await client.send([RawClient.request()]).hasPrefix("HTTP/1.1 200"))
            #expect(ContinuousClock.now - start > .milliseconds(400))
            let answer = try await first
            #expect(answer.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("A key that sends too much is told when to go on; the others are not")
    func rates() async throws {
        try await running.serving({ $0.eventsPerSecond = 10 }) { client in
            let batch =
                #"{"batch":["# + Array(repeating: #"{"userId":"u","event":"e"}"#, count: 15).joined(separator: ",")
                + "]}"
            func send(_ key: String) async throws -> String {
                let basic = ["Authorization": "Basic " + Data("\(key):".utf8).base64EncodedString()]
                return try await client.send([RawClient.request("POST", "/v1/batch", basic, body: batch)])
            }
            #expect(try await send("k").hasPrefix("HTTP/1.1 200"))
            let refused = try await send("k")
            #expect(refused.hasPrefix("HTTP/1.1 429") && refused.lowercased().contains("retry-after: 2"), "\(refused)")
            #expect(refused.contains(#"{"code":"too_many_requests","message":"#))
            #expect(try await send("other").hasPrefix("HTTP/1.1 200"))
        }
        #expect(try await running.landed().count == 30)
    }

    @Test("What is refused before its body was read cannot begin another request")
    func smuggling() async throws {
        try await running.serving { client in
            let answer = try await client.send([
                "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n" + RawClient.request()
            ])
            #expect(answer.hasPrefix("HTTP/1.1 404") && answer.lowercased().contains("connection: close"))
            #expect(!answer.contains("200 OK"))
        }
        #expect(try await running.landed().isEmpty)
    }

    @Test("Metrics are for this machine, and not for whom a proxy brings")
    func metrics() async throws {
        try await running.serving { client in
            _ = try await client.send([RawClient.request()])
            let read = try await client.send([RawClient.request("GET", "/metrics")])
            #expect(read.contains(#"millrace_events_received_total{source="web"} 1"#))
            #expect(
                read.contains(#"millrace_requests_total{source="web",status="200"} 1"#)
                    && read.contains("millrace_log_failed 0")
            )
            let forwarded = RawClient.request("GET", "/metrics", ["X-Forwarded-For": "203.0.113.7"])
            #expect(try await client.send([forwarded]).hasPrefix("HTTP/1.1 404"))
        }
        try await running.serving({ $0.metricsReaders = ["10.0.0.7"].compactMap(IPNetwork.init) }) { client in
            let refused = try await client.send([RawClient.request("GET", "/metrics")])
            #expect(refused.hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test("Pages of other origins than those that are listed are told that they may not send")
    func origins() async throws {
        try await running.serving({ $0.origins = ["https://shop.example"] }) { client in
            for (origin, isAllowed) in [("https://shop.example", true), ("https://evil.example", false)] {
                let answer = try await client.send([RawClient.request("OPTIONS", "/v1/batch", ["Origin": origin])])
                let allowing = "access-control-allow-origin: \(origin)"
                #expect(answer.lowercased().contains(allowing) == isAllowed, "\(answer)")
                let sent = try await client.send([RawClient.request("POST", "/v1/track", ["Origin": origin])])
                #expect(sent.hasPrefix("HTTP/1.1 \(isAllowed ? 200 : 403)"), "\(sent)")
                #expect(sent.lowercased().contains(allowing))
            }
        }
    }

    @Test("A request that has begun when the collector is stopped is answered, and what it brought lands")
    func gracefulStop() async throws {
        let request = RawClient.request()
        let answers = AsyncStream.makeStream(of: String.self)
        try await running.serving { client in
            Task {
                let answer = try? await client.send(
                    [String(request.dropLast(5)), String(request.suffix(5))],
                    pause: .seconds(1)
                )
                answers.continuation.yield(answer ?? "no answer")
                answers.continuation.finish()
            }
            try await Task.sleep(for: .milliseconds(300))
        }
        for await answer in answers.stream { #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)") }
        #expect(try await running.landed().count == 1)
    }

    @Test("Whoever started the program may have opened the socket", .timeLimit(.minutes(1)))
    func inheritedSocket() async throws {
        let pid = "\(getpid())"
        let environment = ["LISTEN_PID": pid, "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:admin"]
        #expect(InheritedSocket.descriptor(for: "web", in: environment) == 3)
        #expect(InheritedSocket.descriptor(for: "admin", in: environment) == 4)
        #expect(InheritedSocket.descriptor(for: "other", in: environment) == nil)
        #expect(InheritedSocket.descriptor(for: "any", in: ["LISTEN_PID": pid, "LISTEN_FDS": "1"]) == 3)
        #expect(InheritedSocket.descriptor(for: "any", in: ["LISTEN_PID": "1", "LISTEN_FDS": "1"]) == nil)
        #expect(InheritedSocket.descriptor(for: "any", in: [:]) == nil)
        var only = ["LISTEN_PID": pid, "LISTEN_FDS": "1"]
        for (name, isAnybodys) in [("web", false), ("unknown", true), ("millrace.socket", true), ("", true)] {
            only["LISTEN_FDNAMES"] = name
            #expect((InheritedSocket.descriptor(for: "any", in: only) == 3) == isAnybodys, "\(name)")
        }
        #expect(try InheritedSocket.take(for: "web", in: only) == 3)
        let taken = #expect(throws: PipelineError.self) { try InheritedSocket.take(for: "app", in: only) }
        #expect(taken?.hint?.contains("FileDescriptorName=app") == true)

        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0 && listen(descriptor, 16) == 0)
        func server(_ descriptor: CInt) -> ConnectionServer {
            ConnectionServer(
                options: CollectorOptions(),
                inherited: descriptor,
                connections: ConnectionLimit(100),
                budget: RequestBudget(size: 1 << 20)
            ) { _, _ in CollectorReply.success.response(isHead: false) }
        }
        let null = unsafe open("/dev/null", O_RDONLY)
        let refused = await #expect(throws: PipelineError.self) { try await server(null).run { _ in } }
        #expect(refused?.hint?.contains("ListenStream=") == true, "\(String(describing: refused))")
        let (addresses, ready) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server(descriptor).run { ready.yield($0) } }
            for await address in addresses {
                let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
                #expect(try await RawClient(port: port).send([RawClient.request()]).hasPrefix("HTTP/1.1 200"))
                break
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("A line of the access log holds nothing of who sent what")
    func accessLog() throws {
        var line: [UInt8] = []
        AccessLog.Entry(
            time: Timestamp(microseconds: 0),
            method: "GET",
            route: try #require(CollectorRoute(path: "/v1/projects/SECRET/settings")).name,
            status: 200,
            bytes: 3,
            milliseconds: 1.25,
            source: "web",
            events: 2,
            requestID: "1f"
        ).append(to: &line)
        let expected =
            #"{"time":"1970-01-01T00:00:00.000000Z","method":"GET","route":"settings","source":"web","request_id":"1f","#
            + #""status":200,"bytes":3,"events":2,"ms":1.25}"# + "\n"
        #expect(String(decoding: line, as: UTF8.self) == expected)
    }
}

@Suite("A collector with a certificate", .enabled(if: Certificates.openssl != nil, "openssl is not installed"))
struct CertificateTests {
    @Test("Answers by TLS, and not to who speaks plainly")
    func tls() async throws {
        let running = try RunningCollector()
        let certificate = try Certificates.make(in: running.scratch)
        var options = CollectorOptions()
        options.port = 0
        options.writeKeys = WriteKeys([("web", Secret("k"))])
        options.certificate = certificate
        options.stopLimit = .seconds(180)
        let collector = HTTPCollector(options: options, directory: running.scratch.path("tls"))
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.trustRoots = .file(certificate.chain)
        let context = try NIOSSLContext(configuration: trust)
        let (addresses, ready) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { ready.finish() }
                try await collector.serve(into: running.destination) { ready.yield($0) }
            }
            for await address in addresses {
                let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
                let answer = try await RawClient(port: port, tls: context).send([RawClient.request()])
                #expect(answer.hasPrefix("HTTP/1.1 200"))
                let plain = try await RawClient(port: port).send([RawClient.request()])
                #expect(!plain.contains("200"))
                break
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(try await running.landed().count == 1)
    }

    @Test("Files that hold no certificate or another's key are told by name")
    func unusable() throws {
        let scratch = try ScratchDirectory()
        let one = try Certificates.make(in: scratch, named: "one")
        let other = try Certificates.make(in: scratch, named: "other")
        let cases = [
            (Certificate(chain: "/nowhere.pem", key: one.key), "/nowhere.pem"),
            (Certificate(chain: one.key, key: one.key), one.key),
            (Certificate(chain: one.chain, key: one.chain), one.chain),
            (Certificate(chain: one.chain, key: other.key), other.key),
        ]
        for (certificate, file) in cases {
            let error = #expect(throws: PipelineError.self) { try certificate.configuration() }
            #expect(error?.message.contains(file) == true)
        }
    }
}

/// Certificates for tests, made by Debian's `openssl`.
private enum Certificates {
    static let openssl = ["/usr/bin/openssl"].first { FileManager.default.isExecutableFile(atPath: $0) }

    static func make(in scratch: ScratchDirectory, named name: String = "localhost") throws -> Certificate {
        let certificate = Certificate(chain: scratch.path("\(name).pem"), key: scratch.path("\(name).key"))
        let process = Process()
        process.executableURL = URL(filePath: try #require(openssl))
        process.arguments =
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
            .split(separator: " ").map(String.init) + ["-keyout", certificate.key, "-out", certificate.chain]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return certificate
    }
}
