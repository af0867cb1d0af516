import CollectorTesting
import Foundation
import Testing

@testable import HTTPCollectorPlugin

@Suite("What becomes of single messages of a request", .serialized)
struct KeptMessageTests {
    private let basic = ["Authorization": "Basic " + Data("k1:".utf8).base64EncodedString()]

    @Test("A message that is too deep costs the others of its batch nothing, and alone it is kept as well")
    func tooDeep() async throws {
        let collector = try RunningCollector()
        let list = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        let deep = "{\"event\":\"Deep\",\"userId\":\"u\",\"properties\":{\"a\":\(list)}}"
        try await collector.serving { [basic] address in
            let batch = Array("{\"batch\":[\(deep),{\"event\":\"Good\",\"userId\":\"u\",\"type\":\"track\"}]}".utf8)
            #expect(try await send("POST", address + "/v1/batch", batch, basic).status == 200)
            #expect(try await send("POST", address + "/v1/track", Array(deep.utf8), basic).status == 200)
            let frame = Array("{\"batch\":[],\"context\":{\"a\":\(list)}}".utf8)
            let refused = try await send("POST", address + "/v1/batch", frame, basic)
            #expect(refused.status == 400 && refused.body.contains("nested deeper than 200 levels"))
        }
        struct Message: Decodable {
            struct Rejection: Decodable { let reason: String }
            let event: String?
            let source: String
            let rejected: Rejection?
            let raw: String?
        }
        let messages = try await collector.landed(as: Message.self)
        #expect(messages.map(\.event) == [nil, "Good", nil])
        #expect(messages.map(\.raw) == [deep, nil, deep])
        #expect(messages.allSatisfy { $0.source == "web" })
        #expect(messages[0].rejected?.reason == "it is nested deeper than 200 levels")
    }

    @Test("A message that is no UTF-8 costs the others of its batch nothing, and is kept byte for byte")
    func noText() async throws {
        let collector = try RunningCollector()
        let latin = Array(#"{"event":"Caf"#.utf8) + [0xE9] + Array(#"","userId":"u"}"#.utf8)
        let batch = Array(#"{"batch":["#.utf8) + latin + Array(#",{"event":"Good","userId":"u","type":"track"}]}"#.utf8)
        try await collector.serving { [basic] address in
            for (path, body) in [("/v1/batch", batch), ("/v1/track", latin)] {
                let answer = try await send("POST", address + path, body, basic)
                #expect(answer.status == 200)
            }
        }
        struct Message: Decodable {
            struct Rejection: Decodable { let encoding: String }
            let event: String?
            let rejected: Rejection?
            let raw: Data?
        }
        let messages = try await collector.landed(as: Message.self)
        #expect(messages.map(\.event) == [nil, "Good", nil])
        #expect(messages.map(\.raw) == [Data(latin), nil, Data(latin)])
        #expect(messages.map(\.rejected?.encoding) == ["base64", nil, "base64"])
    }

    @Test(
        "The address that a message itself tells is kept like that of its sender",
        arguments: ["keep", "truncate", "drop"]
    )
    func address(policy: String) async throws {
        let collector = try RunningCollector(["ip": policy])
        try await collector.serving { [basic] address in
            let batch = #"""
                {"batch":[{"userId":"u","event":"a","context":{"ip":"203.0.113.7","locale":"de"}},
                {"userId":"u","event":"b","context":{"locale":"pl"}},{"userId":"u","event":"c"}],
                "context":{"ip":"2001:db8:1:2::3"}}
                """#
            let answer = try await send("POST", address + "/v1/batch", Array(batch.utf8), basic)
            #expect(answer.status == 200)
        }
        struct Message: Decodable {
            struct Context: Decodable { let ip, locale: String? }
            let context: Context?
        }
        let contexts = try await collector.landed(as: Message.self).map(\.context)
        let expected: [String: [String?]] = [
            "keep": ["203.0.113.7", "2001:db8:1:2::3", "2001:db8:1:2::3"],
            "truncate": ["203.0.113.0", "2001:db8:1::", "2001:db8:1::"], "drop": [nil, nil, nil],
        ]
        #expect(contexts.map { $0?.ip } == expected[policy])
        #expect(contexts.map { $0?.locale } == ["de", "pl", nil])
    }
}
