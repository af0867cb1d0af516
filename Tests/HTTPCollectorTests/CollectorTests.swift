import CollectorTesting
import ConnectorTesting
import Foundation
import Gzip
import Lake
import LocalFilesPlugin
import PipelineCore
import Testing

@testable import HTTPCollectorPlugin

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Sends a request; returns the status and the body.
func send(
    _ method: String,
    _ address: String,
    _ body: [UInt8] = [],
    _ headers: [String: String] = [:]
) async throws -> (status: Int, body: String, response: HTTPURLResponse) {
    var request = URLRequest(url: try #require(URL(string: address)))
    request.httpMethod = method
    if !body.isEmpty { request.httpBody = Data(body) }
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let http = try #require(response as? HTTPURLResponse)
    return (http.statusCode, String(decoding: data, as: UTF8.self), http)
}

@Suite("The collector by HTTP", .serialized)
struct CollectorTests {
    private let basic = ["Authorization": "Basic " + Data("k1:".utf8).base64EncodedString()]

    @Test("What was answered by 200 lands, by every way of naming the key")
    func keys() async throws {
        let collector = try RunningCollector()
        try await collector.serving { [basic] address in
            let message = Array(#"{"messageId":"1","userId":"u","event":"Ordered"}"#.utf8)
            #expect(try await send("POST", address + "/v1/track", message, basic).body == #"{"success":true}"#)
            #expect(try await send("POST", address + "/v1/t/?writeKey=k2", message).status == 200)
            let batch = Array(
                #"{"batch":[{"type":"page","userId":"u"},5],"writeKey":"k2","sentAt":"2026-01-01T00:00:00Z"}"#.utf8
            )
            for path in ["/v1/batch", "/v1/b", "/v1/import/"] {
                #expect(try await send("POST", address + path, batch, ["Content-Type": "text/plain"]).status == 200)
            }
            for key in ["k3", "", "k"] {
                let refused = try await send("POST", address + "/v1/track?writeKey=\(key)", message)
                #expect(refused.status == 401 && refused.body.hasPrefix(#"{"code":"unauthorized","message":"#))
            }
        }
        let lines = try await collector.landed()
        #expect(lines.count == 8)
        #expect(
            lines[0].hasPrefix(#"{"receivedAt":"2026-11-18"#) && lines[0].contains(#""source":"web""#),
            "\(lines[0])"
        )
        #expect(lines[1].contains(#""source":"app""#) && lines[1].contains(#""type":"track""#))
        #expect(lines.count { $0 == "5" } == 3)
    }

    @Test("A compressed body is read; one that is too long, damaged or no JSON is refused as clients understand")
    func bodies() async throws {
        let collector = try RunningCollector()
        try await collector.serving { [basic] address in
            func post(_ body: [UInt8], _ more: [String: String] = [:]) async throws -> Int {
                let answer = try await send("POST", address + "/v1/batch", body, basic.merging(more) { $1 })
                if answer.status != 200 { #expect(answer.body.hasPrefix(#"{"code":"bad_request","message":"#)) }
                return answer.status
            }
            let plain = Array(#"{"batch":[{"type":"track","userId":"u"}]}"#.utf8)
            let gzip = ["Content-Encoding": "gzip"]
            let whole = try await compressed(plain)
            let bomb = try await compressed([UInt8](repeating: 32, count: 10_000_000))
            let answers = [
                try await post(whole, gzip), try await post(Array(whole.dropLast(4)), gzip),
                try await post(plain, ["Content-Encoding": "br"]), try await post(bomb, gzip),
                try await post([UInt8](repeating: 32, count: 200_000)), try await post(Array(#"{"batch":[{]}"#.utf8)),
                try await post(Array(#"{"batch":{}}"#.utf8)), try await post(Array(#"{"batch":[]}"#.utf8)),
            ]
            #expect(answers == [200, 400, 400, 400, 400, 400, 400, 200])
        }
        #expect(try await collector.landed().count == 1)
    }

    private func compressed(_ bytes: [UInt8]) async throws -> [UInt8] {
        var compressed: [UInt8] = []
        for try await chunk in GzipCoding().encode(ArrayStream([bytes])) { compressed += chunk }
        return compressed
    }

    @Test("Clients are told where to send, pages may ask first, and everything else is refused")
    func others() async throws {
        let collector = try RunningCollector()
        try await collector.serving { [basic] address in
            #expect(try await send("GET", address + "/v1/projects/k1/settings").body.contains(#""apiKey":"k1""#))
            #expect(try await send("GET", address + "/v1/projects/no/settings").status == 401)
            #expect(try await send("GET", address + "/sourceConfig", [], basic).body.contains(#""enabled":true"#))
            for path in ["/health", "/health/live", "/health/ready"] {
                #expect(try await send("GET", address + path).status == 200)
            }
            let asked = try await send("OPTIONS", address + "/v1/batch", [], ["Origin": "https://shop.example"])
            #expect(asked.status == 204)
            #expect(asked.response.value(forHTTPHeaderField: "Access-Control-Allow-Origin") == "https://shop.example")
            let data = Data(#"{"userId":"u","event":"Seen"}"#.utf8).base64EncodedString()
            let pixel = try await send("GET", address + "/v1/pixel/track?writeKey=k1&data=\(data)")
            #expect(pixel.status == 200 && pixel.response.value(forHTTPHeaderField: "Content-Type") == "image/gif")
            #expect(try await send("GET", address + "/v1/batch").status == 405)
            #expect(try await send("POST", address + "/v2/batch").status == 404)
        }
        #expect(try await collector.landed().count == 1)
    }

    @Test("What a killed collector had acknowledged is drained, while it runs it is left alone")
    func drained() async throws {
        let collector = try RunningCollector()
        try await collector.serving { [basic] address in
            _ = try await send("POST", address + "/v1/track", Array(#"{"userId":"u"}"#.utf8), basic)
            #expect(try await collector.drain() == nil)
            // As a kill leaves it: the log as it is on disk now, somewhere else.
            try FileManager.default.copyItem(
                atPath: collector.scratch.path("collector"),
                toPath: collector.scratch.path("left")
            )
        }
        #expect(try await collector.drain() == 0)
        let left = HTTPCollector(options: CollectorOptions(), directory: collector.scratch.path("left"))
        let zone = LandingLog(store: LocalObjectStore(root: collector.scratch.path("other")))
        let destination = ReceiverDestination(
            source: "events",
            rawZone: zone,
            coding: GzipCoding(),
            clock: collector.destination.clock
        )
        #expect(try await left.drain(into: destination) == 1)
        #expect(try await left.drain(into: destination) == 0)
    }
}

extension RunningCollector {
    func drain() async throws -> Int64? { try await collector.drain(into: destination) }
}
