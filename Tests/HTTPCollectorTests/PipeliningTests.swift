import CollectorTesting
import Testing

@testable import HTTPCollectorPlugin

@Suite("Requests that do not wait for an answer", .serialized) struct PipeliningTests {
    private let running: RunningCollector

    init() throws { running = try RunningCollector() }

    private static func request(_ name: String, _ headers: String = "") -> String {
        let body = #"{"userId":"u","event":"\#(name)","writeKey":"k"}"#
        return "POST /v1/track HTTP/1.1\r\nHost: x\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static func statuses(_ answers: String) -> [String] {
        answers.matches(of: /HTTP\/1\.1 (\d+)/).map { String($0.1) }
    }

    private func events() async throws -> [String?] {
        struct Message: Decodable { let event: String? }
        return try await running.landed(as: Message.self).map(\.event)
    }

    @Test("Are answered one after the other, whatever pieces they come in")
    func order() async throws {
        let names = (0..<8).map { "e\($0)" }
        try await running.serving { client in
            let all = names.map { Self.request($0) }.joined() + RawClient.request("GET", "/v1/nothing")
            for size in [all.utf8.count, 100, 333] {
                let pieces = stride(from: 0, to: all.utf8.count, by: size).map {
                    String(all.dropFirst($0).prefix(size))
                }
                let answers = try await client.send(pieces, pause: .milliseconds(2))
                #expect(Self.statuses(answers) == names.map { _ in "200" } + ["404"], "\(answers)")
            }
        }
        #expect(try await events() == names + names + names)
    }

    @Test("Are nobody's behind one that ends the connection, or that is refused with its body unread")
    func last() async throws {
        try await running.serving { client in
            let lasts = [
                Self.request("last", "Connection: close\r\n"),
                Self.request("wrong", "Authorization: Basic bm9ib2R5Og==\r\n"),
                Self.request("odd", "Expect: wonders\r\n"),
            ]
            for (last, status) in zip(lasts, ["200", "401", "417"]) {
                let answers = try await client.send([Self.request("first") + last + Self.request("after")])
                #expect(Self.statuses(answers) == ["200", status], "\(answers)")
                #expect(answers.lowercased().contains("connection: close"))
            }
        }
        #expect(try await events() == ["first", "last", "first", "first"])
    }

    @Test("Are told that they are none when those before them have been answered")
    func malformed() async throws {
        try await running.serving { client in
            let coded = "POST /v1/track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
            for wrong in ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", coded] {
                let answers = try await client.send([Self.request("a") + Self.request("b") + wrong + Self.request("c")])
                #expect(Self.statuses(answers) == ["200", "200", "400"], "\(answers)")
            }
        }
        #expect(try await events() == ["a", "b", "a", "b", "a", "b"])
    }

    @Test("Get one answer each, though their bodies turn out to be none, and though their sender has ended")
    func oneAnswer() async throws {
        try await running.serving { client in
            let chunks = "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n"
            for (first, status) in [
                ("/nope", "404"), ("/v1/track?writeKey=nobody", "401"), ("/v1/track?writeKey=k", "400"),
            ] {
                for pieces in [["zz\r\n"], ["", "zz\r\n"]] {
                    var sent = pieces
                    sent[0] = "POST \(first) HTTP/1.1\r\n" + chunks + sent[0]
                    let answers = try await client.send(sent, pause: .milliseconds(200))
                    #expect(Self.statuses(answers) == [status], "\(answers)")
                }
            }
            // One that waits behind another is told as well.
            let start = ContinuousClock.now
            let answers = try await client.send([
                Self.request("first") + "POST /v1/track?writeKey=k HTTP/1.1\r\n" + chunks + "zz\r\n"
            ])
            #expect(Self.statuses(answers) == ["200", "400"], "\(answers)")
            #expect(ContinuousClock.now - start < .seconds(20))
            let all = (0..<12).map { Self.request("e\($0)") }.joined()
            let halfClosed = try await client.send([all], endsOutput: true)
            #expect(Self.statuses(halfClosed).count == 12, "\(halfClosed)")
        }
        #expect(try await events().count == 13)
    }

    @Test("Are not kept in any number: the answer to the first is the last")
    func tooMany() async throws {
        try await running.serving { client in
            let many = String(repeating: "GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n", count: 1000)
            let answers = try await client.send([Self.request("first") + many])
            #expect(Self.statuses(answers).count < 40 && answers.lowercased().contains("connection: close"))
        }
        #expect(try await events() == ["first"])
    }
}
