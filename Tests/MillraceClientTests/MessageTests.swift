import CollectorTesting
import ConnectorTesting
import Foundation
import MillraceClient
import Testing

@Suite("Messages of the client")
struct MessageTests {
    private struct Landed: Decodable, Equatable {
        let type: String
        let messageId: String
        let anonymousId: String?
        let userId: String?
        let previousId: String?
        let groupId: String?
        let event: String?
        let name: String?
        let category: String?
        let properties: [String: JSONValue]?
        let traits: [String: JSONValue]?
        let context: [String: JSONValue]
        let originalTimestamp: String
        let sentAt: String
        let source: String
    }

    private struct Order: Encodable {
        let revenue: Double
        let items: [String]
        let date: Date
    }

    @Test("Every kind of message lands in Segment's form")
    func kinds() async throws {
        let collector = try RunningCollector()
        let folder = try ClientFolder()
        let text = "Grüße \"東京\" \\ 🚀\n\u{0}\u{1F}\u{7F}\u{2028}"
        try await collector.serving { address in
            let millrace = try folder.client(address + "/") { $0.context = ["app": ["version": "7"]] }
            millrace.track(
                "Order Completed",
                ["revenue": 9.9, "text": .string(text), "none": nil, "big": 9_007_199_254_740_993]
            )
            millrace.track("Odd", ["nan": .number(.nan), "huge": 1e300, "list": [1, -2.5, true, ["a": []]]])
            millrace.track(
                "Encoded",
                encoding: Order(revenue: 1.5, items: ["tea"], date: Date(timeIntervalSince1970: 0.25))
            )
            millrace.page("Home", category: "docs", ["url": "https://shop.example/?q=a&b"])
            millrace.screen("Start")
            millrace.identify("u1", ["plan": "pro"])
            millrace.group("g1", ["size": 3])
            millrace.alias("u2")
            millrace.track("Other", by: .user("u9"))
            millrace.identify(.anonymous("a9"))
            millrace.reset()
            millrace.track("New")
            #expect(await millrace.flush())
            #expect(millrace.counts.tracked == 11 && millrace.counts.sent == 11)
        }
        let landed = try await collector.landed(as: Landed.self)
        try #require(landed.count == 11)
        let kinds = [
            "track", "track", "track", "page", "screen", "identify", "group", "alias", "track", "identify", "track",
        ]
        #expect(landed.map(\.type) == kinds)
        #expect(Set(landed.map(\.messageId)).count == 11)
        #expect(landed.allSatisfy { $0.source == "web" && $0.sentAt >= $0.originalTimestamp })
        #expect(landed.allSatisfy { $0.sentAt.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil })
        let library: JSONValue = ["name": "millrace-swift", "version": "0.1.0"]
        #expect(landed.allSatisfy { $0.context == ["app": ["version": "7"], "library": library] })
        #expect(
            landed[0].properties
                == ["revenue": 9.9, "text": .string(text), "none": .null, "big": 9_007_199_254_740_993]
        )
        #expect(landed[1].properties?["nan"] == .null && landed[1].properties?["list"] == [1, -2.5, true, ["a": []]])
        #expect(landed[2].properties == ["revenue": 1.5, "items": ["tea"], "date": "1970-01-01T00:00:00.250Z"])
        #expect(landed[3].name == "Home" && landed[3].category == "docs")
        #expect(landed[5].userId == "u1" && landed[5].traits == ["plan": "pro"])
        #expect(landed[6].groupId == "g1" && landed[6].userId == "u1")
        #expect(landed[7].previousId == "u1" && landed[7].userId == "u2")
        #expect(landed[8].userId == "u9" && landed[8].anonymousId == nil)
        #expect(landed[9].userId == nil && landed[9].anonymousId == "a9")
        #expect(landed[10].userId == nil && landed[10].anonymousId != landed[7].anonymousId)
        #expect(Set(landed[0..<8].map(\.anonymousId)).count == 1 && landed[0].anonymousId?.isEmpty == false)
        #expect(folder.failures == [])
    }

    @Test("Who uses the installation is remembered from start to start")
    func identity() throws {
        let folder = try ClientFolder()
        var ids: [String] = []
        for _ in 0..<2 {
            let millrace = try folder.client()
            ids.append(millrace.anonymousID)
            if ids.count == 1 { millrace.identify("u1") }
            #expect(millrace.userID == "u1")
        }
        let mode = try FileManager.default.attributesOfItem(atPath: folder.directory)[.posixPermissions] as? Int
        #expect(mode == 0o700)
        try folder.client().reset()
        let millrace = try folder.client()
        #expect(ids[0] == ids[1] && millrace.anonymousID != ids[0] && millrace.userID == nil)
    }

    @Test("A message that is too long or no object is not taken, and the program hears why")
    func tooLong() async throws {
        let folder = try ClientFolder()
        let millrace = try folder.client()
        millrace.track("Long", ["text": .string(String(repeating: "x", count: 32 << 10))])
        millrace.track("List", encoding: [1, 2])
        guard case .tooLong("track", let bytes, 32768)? = folder.failures.first else {
            Issue.record("\(folder.failures)")
            return
        }
        #expect(bytes > 32768 && folder.failures[0].description.contains("more than the 32768"))
        #expect(folder.failures.count == 2 && millrace.counts.failed == 2 && millrace.counts.tracked == 0)
        #expect(await millrace.flush())
    }

    @Test("A directory serves one client at a time; what cannot work is refused at once")
    func unusable() throws {
        let folder = try ClientFolder()
        let first = try folder.client()
        #expect(throws: MillraceFailure.inUse(directory: folder.directory)) { try folder.client() }
        withExtendedLifetime(first) {}
        for address in ["ftp://host", "host", "https://"] {
            #expect(throws: MillraceFailure.self) { try folder.client(address) }
        }
        #expect(throws: MillraceFailure.self) { try folder.client { $0.queueSize = 1000 } }
        #expect(throws: MillraceFailure.self) { try folder.client { $0.batchSize = 1000 } }
        try folder.scratch.write("", to: "file")
        let url = try #require(URL(string: "http://127.0.0.1:1"))
        #expect(throws: MillraceFailure.self) {
            try Millrace(url: url, writeKey: "k", directory: folder.scratch.path("file/queue"))
        }
    }
}
