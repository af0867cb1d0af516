import ConnectorTesting
import Foundation
import Subprocess
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite("Events are shown as they arrive", .timeLimit(.minutes(10)))
struct TailTests {
    private let folder: ScratchDirectory
    private let millrace: Program
    private let port: Int

    init() throws {
        folder = try ScratchDirectory()
        millrace = Program(directory: folder.path)
        port = try freePort()
        try folder.write(
            """
            lake: { use: local, path: lake }
            sources:
              web: { use: http, listen: "127.0.0.1:\(port)", write_keys: { shop: k } }
            jobs:
              clickstream: { use: clickstream }
            """,
            to: "millrace.yaml"
        )
    }

    /// What is hard to read: half a surrogate pair, numbers that no machine number holds, lists.
    private let message = #"""
        {"messageId":"m1","userId":"u","event":"e\ud800","properties":{"big":12345678901234567890,"huge":1e999,
        "price":9.90,"items":[{"sku":"A1"},{"sku":"B\"2"}],"none":null,"yes":true}}
        """#

    private func send(onStored: () -> Void, until isDone: () -> Bool) async throws {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/v1/track?writeKey=k")))
        request.httpMethod = "POST"
        request.httpBody = Data(message.utf8)
        let end = ContinuousClock.now + .seconds(600)
        while !isDone(), ContinuousClock.now < end {
            if let (_, response) = try? await URLSession.shared.data(for: request) {
                #expect((response as? HTTPURLResponse)?.statusCode == 200)
                onStored()
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    @Test("Where no collector runs it says so once, and Ctrl-C is no failure")
    func noCollector() async throws {
        let answer = try await millrace("tail", stoppedBy: .interrupt, after: .seconds(4))
        #expect(answer.code == 0 && answer.output.isEmpty)
        #expect(answer.errors == "millrace: no collector runs; tail waits for `millrace serve`\n")
    }

    @Test("Filters find what was sent, whatever numbers and texts are in it, and it becomes an event")
    func filters() async throws {
        let filters = [
            "properties.big=12345678901234567890", "properties.huge=1e999", "properties.price=9.90",
            "properties.items.1.sku=B\"2", "event=e\u{FFFD}", "properties.none=", "properties.items.2.sku=",
            "properties.yes=true",
        ]
        let served = try await millrace.start(["serve"], stoppedBy: .terminate) {
            // tail tells when no collector runs, so that one has to be there before.
            let (firsts, first) = AsyncStream.makeStream(of: Void.self)
            let sending = Task { try await send(onStored: { first.finish() }) { Task.isCancelled } }
            defer { sending.cancel() }
            for await _ in firsts {}
            let shown = try await withThrowingTaskGroup(of: Program.Answer.self) { group in
                group.addTask { try await millrace.start(["tail", "--limit", "1"] + filters) }
                group.addTask { try await millrace.start(["tail", "--json", "--limit", "1"] + filters.reversed()) }
                group.addTask {
                    try await millrace("tail", "properties.price=9.9", stoppedBy: .interrupt, after: .seconds(6))
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(shown.map(\.code) == [0, 0, 0] && shown.allSatisfy { $0.errors.isEmpty }, "\(shown)")
            let lines = shown.flatMap(\.lines)
            #expect(lines.count == 2)
            #expect(lines.contains { $0.contains("e\u{FFFD}") && $0.contains("big=12345678901234567890 huge=1e999") })
            #expect(lines.contains { $0.contains(#""event":"e\ud800""#) })
        }
        #expect(served.code == 0, "\(served.errors)")
        let run = try await millrace("run")
        #expect(run.code == 0 && run.output.contains("+ 0 rejected"), "\(run.output)\(run.errors)")
        let events = try await millrace(
            "sql",
            "--format",
            "csv",
            "SELECT name, properties->>'huge' AS huge FROM events WHERE event_id = 'm1'"
        )
        #expect(events.lines == ["name,huge", "e\u{FFFD},1e999"], "\(events.errors)")
    }
}
