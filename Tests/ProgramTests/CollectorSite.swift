import ConnectorTesting
import Foundation
import Glibc
import Subprocess
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A pipeline with one collector, `serve` of which is started and stopped.
struct CollectorSite {
    let folder: ScratchDirectory
    let port: Int
    var millrace: Program { Program(directory: folder.path) }

    init(_ settings: String = "land_every: 1h") throws {
        folder = try ScratchDirectory()
        port = try freePort()
        try configure(settings)
    }

    func configure(_ settings: String, source: String = "web") throws {
        let text = """
            lake: { use: local, path: lake }
            sources: { \(source): { use: http, listen: "127.0.0.1:\(port)", write_keys: { web: k }, \(settings) } }
            """
        try folder.write(text, to: "millrace.yaml")
    }

    /// Serves while `body` runs.
    func serving(
        stoppedBy signal: Signal = .kill,
        _ body: () async throws -> Void
    ) async throws -> Program.Answer {
        try await millrace.start(["serve"], stoppedBy: signal) {
            try await becomes("the collector answers") { await answer("/health/live") != 0 }
            try await body()
        }
    }

    /// The status of what is answered to a GET; 0 where nobody answers.
    func answer(_ path: String) async -> Int { await status(of: request(path)) }

    /// Sends one batch of tracks with these ids; returns the status of the answer.
    func send(_ ids: ClosedRange<Int>, padding: Int = 0) async -> Int {
        let pad = (0..<padding).map { _ in String(UInt8.random(in: 32...126), radix: 36) }.joined()
        let events = ids.map {
            #"{"type":"track","messageId":"m\#($0)","userId":"u","event":"Seen","properties":{"pad":"\#(pad)"}}"#
        }
        var request = request("/v1/batch")
        request.httpMethod = "POST"
        request.httpBody = Data(#"{"writeKey":"k","batch":[\#(events.joined(separator: ","))]}"#.utf8)
        return await status(of: request)
    }

    private func request(_ path: String) -> URLRequest {
        var request = URLRequest(url: URL(string: "http://127.0.0.1:\(port)\(path)") ?? URL(filePath: "/"))
        request.timeoutInterval = 10
        return request
    }

    private func status(of request: URLRequest) async -> Int {
        let answer = try? await URLSession.shared.data(for: request)
        return (answer?.1 as? HTTPURLResponse)?.statusCode ?? 0
    }

    /// Waits until something is so; fails the test after 20 seconds.
    func becomes(_ what: Comment, _ isSo: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while try await !isSo() {
            try #require(ContinuousClock.now < end, what)
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// A sample of what the running collector tells of itself.
    func metric(_ name: String) async -> String? {
        guard let (data, _) = try? await URLSession.shared.data(for: request("/metrics")) else { return nil }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
    }

    /// What status says of the source.
    func status() async throws -> String? {
        let answer = try await millrace("status")
        let line = answer.lines.first { $0.hasPrefix("source  web ") }
        #expect(answer.code == 0 && line != nil, "\(answer)")
        return line.map { $0.dropFirst(11).trimmingCharacters(in: .whitespaces) }
    }

    /// How many bytes of events wait in the log.
    var waiting: Int64 {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(".millrace/collector/web"))) ?? []
        return names.filter { $0.hasSuffix(".log") }.reduce(0) { total, name in
            let path = folder.path(".millrace/collector/web/\(name)")
            let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int64 ?? 0
            return total + max(0, size - 44)
        }
    }

    func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: folder.path(name), toPath: folder.path(other))
    }

    /// How many different events have landed.
    func count() async throws -> String {
        let run = try await millrace("run")
        #expect(run.code == 0, "\(run.output)\(run.errors)")
        return try await millrace("sql", "SELECT count(*) AS n FROM event_log").output
    }
}
