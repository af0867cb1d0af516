import BlockingIO
import CollectorTesting
import Foundation
import Glibc
import NIOCore
import PipelineCore
import Testing
import WriteAheadLog

@testable import HTTPCollectorPlugin

@Suite("The collector's HTTP", .serialized) struct WireTests {
    private let running: RunningCollector

    init() throws { running = try RunningCollector() }

    @Test("What is no HTTP is refused in the form that clients know, and counted")
    func malformed() async throws {
        try await running.serving { client in
            let message = #"{"userId":"u","writeKey":"k"}"#
            let head = "POST /v1/track HTTP/1.1\r\nHost: x\r\n"
            let bodies = [
                "GARBAGE\r\n\r\n",
                head + (0..<500).map { "X-\($0): y\r\n" }.joined() + "\r\n",
                head + "X: " + String(repeating: "y", count: 40_000) + "\r\n\r\n",
                head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                head + "Content-Length: 29\r\nContent-Length: 30\r\n\r\n" + message,
                head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                "POST /v1/track HTTP/1.1\r\nContent-Length: 29\r\n\r\n" + message,
                head + "Host: y\r\nContent-Length: 29\r\n\r\n" + message,
                "POST /v1/track HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n1d\r\n" + message + "\r\n0\r\n\r\n",
            ]
            for body in bodies {
                let answer = try await client.send([body])
                #expect(answer.hasPrefix("HTTP/1.1 400"), "\(body.prefix(80)): \(answer)")
                #expect(answer.contains("\r\n\r\n" + #"{"code":"bad_request","message":""#), "\(answer)")
                #expect(answer.contains("application/json") && answer.lowercased().contains("connection: close"))
            }
            let metrics = try await client.send([RawClient.request("GET", "/metrics")])
            #expect(
                metrics.contains(#"millrace_requests_total{source="",status="400"} \#(bodies.count)"#),
                "\(metrics)"
            )
        }
        #expect(try await running.landed().isEmpty)
    }

    @Test("Each reason why events are not taken has a text of its own, without paths")
    func reasons() {
        func text(_ cause: (any Error)?) -> String {
            let error = PipelineError(.unreachable, "in /srv/secret", while: "storing events", cause: cause)
            return String(buffer: CollectorReply.unavailable(error).body)
        }
        let causes: [(any Error, String)] = [
            (WriteAheadLog.Refusal.full, "the log is full"), (WriteAheadLog.Refusal.closing, "is stopping"),
            (WriteAheadLog.Refusal.overtaxed, "does not keep up"),
            (FileError(number: EIO, call: "fsync", path: "/srv/secret"), "failed to sync the log"),
            (FileError(number: ENOSPC, call: "write", path: "/srv/secret"), "the disk of the log is full"),
            (FileError(number: EACCES, call: "open", path: "/srv/secret"), "the log cannot be written"),
        ]
        for (cause, reason) in causes {
            #expect(text(cause).contains(reason) && !text(cause).contains("secret"), "\(text(cause))")
        }
    }

    @Test("Who waits to be asked for the body is asked, unless it will not be read", .timeLimit(.minutes(1)))
    func expectation() async throws {
        try await running.serving { client in
            let expecting = RawClient.request("POST", "/v1/track", ["Expect": "100-continue"])
            let body = try #require(expecting.range(of: "\r\n\r\n")?.upperBound)
            let answer = try await client.send(
                [String(expecting[..<body]), String(expecting[body...])],
                pause: .milliseconds(300)
            )
            #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"), "\(answer)")
            let wrong = RawClient.request("POST", "/v1/track?writeKey=no", ["Expect": "100-continue"])
            let refused = try await client.send([String(wrong[..<(wrong.range(of: "\r\n\r\n")?.upperBound ?? body)])])
            #expect(refused.hasPrefix("HTTP/1.1 401"), "\(refused)")
            let old = expecting.replacingOccurrences(of: "HTTP/1.1", with: "HTTP/1.0")
            let unasked = try await client.send([old])
            #expect(unasked.contains(" 200 OK\r\n") && !unasked.contains("100 Continue"), "\(unasked)")
            let other = RawClient.request("POST", "/v1/track", ["Expect": "200-maybe"])
            let failed = try await client.send([other])
            #expect(failed.hasPrefix("HTTP/1.1 417") && failed.contains(#"{"code":"expectation_failed""#), "\(failed)")
            let length = CollectorOptions().limits.bodySize + 1
            let long = "POST /v1/track HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n"
            #expect(try await client.send([long]).hasPrefix("HTTP/1.1 400"))
        }
    }

    @Test("A connection of HTTP/1.0, and one that says so in any way, ends with the answer", .timeLimit(.minutes(1)))
    func endings() async throws {
        try await running.serving({ $0.idleTimeout = .seconds(30) }) { client in
            let start = ContinuousClock.now
            for head in [
                "GET /health HTTP/1.0\r\n", "GET /health HTTP/1.1\r\nHost: x\r\nConnection: Keep-Alive, Close\r\n",
            ] {
                let answer = try await client.send([head + "\r\n"])
                #expect(
                    answer.hasPrefix("HTTP/1.1 200") && answer.lowercased().contains("connection: close"),
                    "\(answer)"
                )
            }
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }

    @Test("A pixel's data may lack padding and be of either alphabet; only GET stores it")
    func pixels() async throws {
        let message = #"{"userId":"u","event":"ÿÿ>>???"}"#
        try await running.serving { client in
            let padded = Data(message.utf8).base64EncodedString()
            let bare = padded.replacing("=", with: "")
            let safe = bare.replacing("+", with: "-").replacing("/", with: "_")
            #expect(padded != bare && bare != safe)
            for data in [padded.replacing("+", with: "%2B"), bare, safe] {
                for method in ["GET", "HEAD"] {
                    let request = RawClient.request(method, "/v1/pixel/track?writeKey=k&data=\(data)")
                    let answer = try await client.send([request])
                    #expect(answer.hasPrefix("HTTP/1.1 200") && answer.contains("image/gif"), "\(answer)")
                }
            }
        }
        #expect(try await running.landed().count == 3)
    }

    @Test("A webhook takes any object, or what its query says, as an event's properties")
    func webhook() async throws {
        try await running.serving { client in
            let order = "{\"order\": {\"id\": 7},\n \"note\": \"a}b\"}"
            for request in [
                RawClient.request("POST", "/v1/webhook?writeKey=k", body: order),
                RawClient.request("GET", "/v1/webhook?writeKey=k&order=7&note=a%22b%20c"),
            ] {
                let answer = try await client.send([request])
                #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
            }
            for body in ["", "no JSON", "{", "{}}", "[]", #"{},"userId":"x""#, #"{}}{"a":{}"#] {
                let answer = try await client.send([RawClient.request("POST", "/v1/webhook?writeKey=k", body: body)])
                #expect(answer.hasPrefix("HTTP/1.1 400"), "\(body): \(answer)")
            }
            let version = try await client.send([RawClient.request("GET", "/version")])
            #expect(version.contains("\"version\":\"\(Product.version)\""))
            let forwarded = RawClient.request("GET", "/version", ["X-Forwarded-For": "127.0.0.1"])
            #expect(try await client.send([forwarded]).hasPrefix("HTTP/1.1 404"))
        }
        let landed = try await running.landed()
        let properties = [
            #""properties":{"order":{"id":7},"note":"a}b"}"#, #""properties":{"order":"7","note":"a\"b c"}"#,
        ]
        try #require(landed.count == 2)
        for (line, properties) in zip(landed, properties) {
            #expect(line.contains(#""event":"webhook_source_event""#) && line.contains(#""type":"track""#), "\(line)")
            #expect(line.contains(properties), "\(line)")
        }
    }

    @Test("Small differences between clients do not matter")
    func lenience() async throws {
        try await running.serving { client in
            let empty = ["Authorization": "Basic " + Data(":".utf8).base64EncodedString()]
            #expect(try await client.send([RawClient.request("POST", "/v1/track", empty)]).hasPrefix("HTTP/1.1 200"))
            let marked = "\u{FEFF}" + #"{"userId":"u","writeKey":"k"}"#
            for path in ["/v1/merge", "/v1/%74rack", "/v1/t/"] {
                let answer = try await client.send([RawClient.request("POST", path, body: marked)])
                #expect(answer.hasPrefix("HTTP/1.1 200"), "\(path): \(answer)")
            }
            let robots = try await client.send([RawClient.request("GET", "/robots.txt")])
            #expect(robots.contains("Disallow: /\n"))
        }
        #expect(try await running.landed().count == 4)
    }

    @Test("Answers say what the sender may do instead")
    func headers() async throws {
        try await running.serving({ $0.eventsPerSecond = 1 }) { client in
            let wrong = try await client.send([RawClient.request("GET", "/v1/batch")]).lowercased()
            #expect(wrong.hasPrefix("http/1.1 405") && wrong.contains("\r\nallow: post, options\r\n"), "\(wrong)")
            let asking = ["Origin": "https://shop.example", "Access-Control-Request-Headers": "x-mine, content-type"]
            let asked = try await client.send([RawClient.request("OPTIONS", "/v1/batch", asking)]).lowercased()
            #expect(asked.contains("access-control-allow-headers: x-mine, content-type\r\n"), "\(asked)")
            let batch = #"{"batch":[{},{},{},{},{}],"writeKey":"k"}"#
            _ = try await client.send([RawClient.request("POST", "/v1/batch", body: batch)])
            let limited = try await client.send([RawClient.request()]).lowercased()
            #expect(limited.hasPrefix("http/1.1 429") && limited.contains("\r\nx-ratelimit-reset: "), "\(limited)")
        }
    }
}
