import CollectorTesting
import ConnectorTesting
import Foundation
import Testing

/// A client library from PyPI, unmodified.
struct SDK: CustomTestStringConvertible {
    /// The Python that `Tools/install --tests` made.
    static let python = ProcessInfo.processInfo.environment["MILLRACE_PYTHON"]
    /// A folder with an older version of Segment's library.
    static let olderSegment = ProcessInfo.processInfo.environment["MILLRACE_SEGMENT_2_3"]

    let testDescription: String
    let module: String
    /// Goes before the packages of the Python.
    var folder: String?

    static let all =
        [
            SDK(testDescription: "segment-analytics-python", module: "segment.analytics"),
            SDK(testDescription: "rudder-sdk-python", module: "rudderstack.analytics"),
        ]
        + (olderSegment.map {
            [SDK(testDescription: "segment-analytics-python 2.3", module: "segment.analytics", folder: $0)]
        } ?? [])

    /// What a library said of messages that it gave up.
    struct Problem: Decodable, Equatable {
        let status: Int?
        let messages: [String]
    }

    struct Failure: Error { let description: String }

    /// Sends a message of each type and `count` more; returns when the library is done.
    func send(to host: String, key: String, count: Int, _ flags: String...) async throws -> [Problem] {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Scripts/send.py")
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.python))
        process.arguments = [script.path, module, host, key, String(count)] + flags
        var environment = ProcessInfo.processInfo.environment
        environment["PYTHONPATH"] = folder
        process.environment = environment
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        let ended = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in ended.continuation.finish() }
        try process.run()
        for await _ in ended.stream {}
        let log = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        guard process.terminationStatus == 0 else { throw Failure(description: log) }
        return try JSONDecoder().decode([Problem].self, from: output.fileHandleForReading.readDataToEndOfFile())
    }
}

@Suite(
    "Client libraries from PyPI",
    .serialized,
    .enabled(if: SDK.python != nil, "MILLRACE_PYTHON names no Python with the clients of Tools/requirements/tests.txt")
)
struct SDKTests {
    private struct Message: Decodable {
        struct Values: Decodable {
            struct Nested: Decodable { let list: [Item] }
            enum Item: Decodable, Equatable {
                case number(Double), flag(Bool), nothing, deep([String: String])
                init(from decoder: any Decoder) throws {
                    let container = try decoder.singleValueContainer()
                    if container.decodeNil() {
                        self = .nothing
                    } else if let value = try? container.decode(Bool.self) {
                        self = .flag(value)
                    } else if let value = try? container.decode(Double.self) {
                        self = .number(value)
                    } else {
                        self = .deep(try container.decode([String: String].self))
                    }
                }
            }
            let number: Int?
            let text: String?
            let name: String?
            let url: String?
            let plan: String?
            let nested: Nested?
        }
        struct Context: Decodable {
            struct Library: Decodable { let name: String }
            let library: Library
            /// Where RudderStack's library puts those of a person.
            let traits: Values?
            /// The library runs on a server, whose address says nothing of the person.
            let ip: String?
        }
        let messageId: String
        let type: String
        let source: String
        let userId: String?
        let anonymousId: String?
        let previousId: String?
        let groupId: String?
        let event: String?
        let name: String?
        let category: String?
        let properties: Values?
        let traits: Values?
        let context: Context
        let sentAt: String
        let originalTimestamp: String
        let receivedAt: String
    }

    private static let text = "Grüße, 東京 🚀 \"quoted\" \\ \u{0} \u{2028} </script>"
    private static let others = ["identify", "page", "screen", "group", "alias", "anonymous"]
    private static let plenty = ["body": "4MiB"]

    private static func names(_ count: Int) -> [String] { others + (0..<count).map { "track-\($0)" } }

    @Test("Every message of every type lands, as it was sent", arguments: SDK.all, ["plain", "gzip"])
    func lands(sdk: SDK, coding: String) async throws {
        let collector = try RunningCollector(Self.plenty)
        try await collector.serving { address in
            let problems = try await sdk.send(to: address, key: "k1", count: 450, coding)
            #expect(problems == [])
        }
        // A library that has waited too long for an answer sends the batch again, with the same ids.
        var seen: Set<String> = []
        let messages = try await collector.landed(as: Message.self).filter { seen.insert($0.messageId).inserted }
        #expect(messages.map(\.messageId) == Self.names(450))
        #expect(messages.allSatisfy { $0.source == "web" && !$0.sentAt.isEmpty && !$0.originalTimestamp.isEmpty })
        #expect(messages.allSatisfy { $0.context.library.name.hasSuffix("-python") && $0.context.ip == nil })
        #expect(messages.map(\.type) == Self.others.dropLast() + Array(repeating: "track", count: 451))
        try #require(messages.count == 456)
        #expect((messages[0].traits ?? messages[0].context.traits)?.name == Self.text)
        #expect(messages[0].originalTimestamp.hasPrefix("2026-02-03T04:05:06.789"))
        #expect(messages[1].category == "docs" && messages[1].name == "Home")
        #expect(messages[1].properties?.url == "https://shop.example/?q=a&b")
        #expect(
            messages[2].properties?.nested?.list == [
                .number(1), .number(2.5), .nothing, .flag(true), .deep(["deep": "é"]),
            ]
        )
        #expect(messages[3].groupId == "g1" && messages[3].traits?.plan == "pro")
        #expect(messages[4].previousId == "old" && messages[4].userId == "u1")
        #expect(messages[5].anonymousId == "a1" && messages[5].userId == nil && messages[5].event == "Anonymous")
        for (number, message) in messages.dropFirst(6).enumerated() {
            #expect(message.properties?.number == number && message.properties?.text == Self.text)
        }
    }

    @Test("A wrong key is told to the program at once, and nothing lands", arguments: SDK.all)
    func wrongKey(sdk: SDK) async throws {
        let collector = try RunningCollector(Self.plenty)
        let moody = MoodyServer([])
        try await collector.serving { address in
            try await moody.serving(before: address) { address in
                let problems = try await sdk.send(to: address, key: "wrong", count: 0)
                #expect(problems == [SDK.Problem(status: 401, messages: Self.others)])
            }
        }
        #expect(moody.answers == [401])
        #expect(try await collector.landed() == [])
    }

    @Test("Messages of a time when the collector could not store arrive later, once", arguments: SDK.all)
    func unavailable(sdk: SDK) async throws {
        let collector = try RunningCollector(Self.plenty)
        let moody = MoodyServer([.answers(503), .answers(503)])
        try await collector.serving { address in
            try await moody.serving(before: address) { address in
                let problems = try await sdk.send(to: address, key: "k2", count: 150)
                #expect(problems == [])
            }
        }
        #expect(moody.answers.prefix(2) == [503, 503] && moody.answers.dropFirst(2).allSatisfy { $0 == 200 })
        #expect(try await collector.landed(as: Message.self).map(\.messageId) == Self.names(150))
    }

    @Test("A full log answers so that libraries try again, and give up by telling the program", arguments: SDK.all)
    func full(sdk: SDK) async throws {
        let collector = try RunningCollector(["body": "4MiB", "log": "1MiB"])
        let moody = MoodyServer([])
        try await collector.serving { address in
            // A file in the place of the raw zone: nothing lands.
            try collector.scratch.write("", to: "lake/raw")
            for size in [100_000, 500] {
                let message = Array(#"{"userId":"filler","text":"\#(String(repeating: "x", count: size))"}"#.utf8)
                while try await send("POST", address + "/v1/track?writeKey=k1", message).status == 200 {}
            }
            try await moody.serving(before: address) { address in
                let problems = try await sdk.send(to: address, key: "k1", count: 0, "retries=1")
                #expect(problems == [SDK.Problem(status: 503, messages: Self.others)])
            }
            try FileManager.default.removeItem(atPath: collector.scratch.path("lake/raw"))
        }
        #expect(moody.answers == [503, 503])
        #expect(try await collector.landed().allSatisfy { $0.contains("filler") })
    }

    @Test("Messages wait for a collector that is started later", arguments: SDK.all)
    func startedLater(sdk: SDK) async throws {
        let port = try await RunningCollector.freePort()
        let collector = try RunningCollector(port: port, Self.plenty)
        let sending = Task { try await sdk.send(to: "http://127.0.0.1:\(port)", key: "k1", count: 10) }
        try await Task.sleep(for: .seconds(1))
        try await collector.serving { _ in
            let problems = try await sending.value
            #expect(problems == [])
        }
        #expect(try await collector.landed(as: Message.self).map(\.messageId) == Self.names(10))
    }
}
