import ConnectorTesting
import Foundation
import Subprocess
import Synchronization
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Numbers events, sends them, and remembers those that were acknowledged.
private final class Oracle: Sendable {
    private struct State {
        var last = 0
        var acknowledged: Set<Int> = []
    }
    private let state = Mutex(State())
    private let session: URLSession

    init() {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 5
        configuration.httpMaximumConnectionsPerHost = 8
        session = URLSession(configuration: configuration)
    }

    var acknowledged: Set<Int> { state.withLock { $0.acknowledged } }
    var sent: Int { state.withLock { $0.last } }

    /// A text that only its number makes.
    static func payload(_ number: Int) -> String {
        "ż\"\\\u{1F600}\(number)" + String(repeating: "\(number % 7)", count: number % 300)
    }

    /// Sends batches to an address until it answers no more, each event once.
    func send(to address: String) async throws {
        let url = try #require(URL(string: "http://\(address)/v1/batch"))
        while !Task.isCancelled {
            let numbers = state.withLock { state in
                let count = Int.random(in: 1...20)
                defer { state.last += count }
                return Array(state.last + 1...state.last + count)
            }
            let events = numbers.map { number in
                [
                    "type": "track", "messageId": "m\(number)", "userId": "u\(number % 50)", "event": "Numbered",
                    "properties": ["number": number, "payload": Self.payload(number)],
                ] as [String: Any]
            }
            var request = URLRequest(url: url)
            request.httpMethod = "POST"
            request.httpBody = try JSONSerialization.data(withJSONObject: ["batch": events, "writeKey": "k"])
            guard let (_, response) = try? await session.data(for: request) else { return }
            guard (response as? HTTPURLResponse)?.statusCode == 200 else { continue }
            state.withLock { $0.acknowledged.formUnion(numbers) }
        }
    }
}

/// `MILLRACE_KILLS` says how often the server is killed (200 by default), `MILLRACE_KILL_SECONDS` for how long at most (60).
@Suite("A collector that is killed at any moment") struct CollectorKillTests {
    private let kills = ProcessInfo.processInfo.environment["MILLRACE_KILLS"].flatMap(Int.init) ?? 200
    private let seconds = ProcessInfo.processInfo.environment["MILLRACE_KILL_SECONDS"].flatMap(Int.init) ?? 60

    @Test("has lost nothing that it acknowledged, and doubled nothing")
    func kills() async throws {
        let folder = try ScratchDirectory()
        let port = try freePort()
        try folder.write(
            """
            lake: { use: local, path: lake }
            sources:
              web:
                use: http
                listen: 127.0.0.1:\(port)
                write_keys: { web: k }
                segment: 4KiB
                land_every: 100ms
            """,
            to: "millrace.yaml"
        )
        let millrace = Program(directory: folder.path)
        let oracle = Oracle()
        let end = ContinuousClock.now + .seconds(seconds)
        var done = 0
        while done < kills, ContinuousClock.now < end {
            // They go on until nobody answers.
            var senders: [Task<Void, any Error>] = []
            _ = try await millrace.start(["serve"], stoppedBy: .kill) {
                try await waitForServer(on: port)
                senders = (0..<8).map { _ in Task { try await oracle.send(to: "127.0.0.1:\(port)") } }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...400)))
            }
            for sender in senders { try await sender.value }
            done += 1
            // Somebody who runs the pipeline meanwhile, and is killed too.
            if done % 10 == 0 {
                _ = try await millrace("run", stoppedBy: .kill, after: .milliseconds(.random(in: 0...800)))
            }
        }
        let run = try await millrace("run")
        #expect(run.code == 0, "\(run.output)\(run.errors)")
        let rows = try await millrace(
            "sql",
            "--format",
            "ndjson",
            "SELECT event_id, json_extract_string(properties, '$.payload') AS payload FROM event_log"
        )
        #expect(rows.code == 0, "\(rows.errors)")
        var counts: [Int: Int] = [:]
        for line in rows.lines {
            let row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
            let number = try #require(row["event_id"].flatMap { Int($0.dropFirst()) })
            counts[number, default: 0] += 1
            #expect(row["payload"] == Oracle.payload(number))
        }
        let lost = oracle.acknowledged.count { counts[$0] == nil }
        let doubled = counts.count { $0.value > 1 }
        print(
            "\(done) kills, \(oracle.sent) sent, \(oracle.acknowledged.count) acknowledged, \(lost) lost, \(doubled) duplicated"
        )
        #expect(lost == 0 && doubled == 0, "\(run.output)")
        #expect(!oracle.acknowledged.isEmpty && done > 0)
    }

    private func waitForServer(on port: Int) async throws {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/health/live"))
        while (try? await URLSession.shared.data(from: url)) == nil { try await Task.sleep(for: .milliseconds(5)) }
    }
}
