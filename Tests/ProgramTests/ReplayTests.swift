import ConnectorTesting
import Foundation
import Testing

@Suite("Dead letters from the command line")
struct ReplayTests {
    private let folder: ScratchDirectory
    private let millrace: Program

    /// A pipeline whose messages have come: two events, one of them twice more, and three that are none.
    init() throws {
        folder = try ScratchDirectory()
        millrace = Program(directory: folder.path)
        let config = """
            lake: { use: local, path: lake }
            sources:
              web: { use: files, path: drop/*.ndjson, events: segment }
              other: { use: files, path: none/*.csv, table: other }
            jobs:
              clickstream: { use: clickstream }

            """
        try folder.write(config, to: "millrace.yaml")
        try folder.write("", to: "none/.keep")
        let buy = message("m1", #""event":"Buy","userId":"u","sentAt":"2026-01-01T00:00:09Z""#)
        let lines = [
            buy, buy, message("m2", #""event":"Look","userId":"u""#), message("m1", #""event":"Buy","userId":"u""#),
            message("m3", #""event":"Buy","uid":"v""#), message("m4", #""userId":"u""#), "5",
        ]
        try folder.write(lines.joined(separator: "\n") + "\n", to: "drop/a.ndjson")
    }

    private func message(_ id: String, _ members: String) -> String {
        let server = #""receivedAt":"2026-01-01T00:00:10Z","source":"app","requestId":"r""#
        return "{\(server),\"messageId\":\"\(id)\",\"originalTimestamp\":\"2026-01-01T00:00:00Z\",\(members)}"
    }

    private struct Report: Decodable {
        struct Source: Decodable { let rows: Int, accepted: Int, rejected: Int }
        struct Job: Decodable { let duplicates: Int, rows: [String: Int] }
        let sources: [Source]
        let jobs: [Job]
    }

    private func run(_ arguments: String...) async throws -> Report {
        let answer = try await millrace.start(["run", "--json"] + arguments)
        #expect(answer.code == 0, "\(answer.errors)")
        return try JSONDecoder().decode(Report.self, from: Data(answer.output.utf8))
    }

    private func count(_ table: String) async throws -> Int? {
        let answer = try await millrace("sql", "--format", "csv", "SELECT count(*) AS n FROM \(table)")
        return answer.lines.last.flatMap { Int($0) }
    }

    @Test("What was received is what is in the events, what came twice, and what is dead, before a replay and after")
    func reconciles() async throws {
        let first = try await run()
        #expect(first.sources[0].rows == 7 && first.sources[0].accepted == 4 && first.sources[0].rejected == 3)
        #expect(first.jobs[0].duplicates == 2 && first.jobs[0].rows["events"] == 2)

        let replay = try await millrace("replay", "web", "--rename", "uid=userId", "--set", "event=Unnamed")
        #expect(replay.code == 0, "\(replay.errors)")
        #expect(
            replay.lines == [
                "web: 3 dead letters, 2 used, 1 still dead", "  1 × it is not a JSON object",
                "`millrace run` brings them into the datasets.",
            ]
        )
        let second = try await run()
        #expect(second.jobs[0].duplicates == 2 && second.jobs[0].rows["events"] == 4)
        #expect(try await count("dead_letters") == 1)
        let third = try await run("--full")
        #expect(third.jobs[0].duplicates == 2 && third.jobs[0].rows["events"] == 4)
        #expect(third.sources[0].rejected == 1 && third.sources[0].rows == third.sources[0].accepted + 1)
        #expect(try await count("dead_letters") == 1)
        let earliest = "SELECT occurred_at FROM events WHERE event_id = 'm1'"
        #expect(
            try await millrace("sql", "--format", "csv", earliest).lines.last == "2026-01-01 00:00:01+00",
            "of copies the one that came first counts"
        )
    }

    @Test("Dead letters are listed by source and reason, and shown with what they are")
    func lists() async throws {
        #expect(try await millrace("replay").output == "There are no dead letters.\n")
        _ = try await run()
        let list = try await millrace("replay", "--format", "csv")
        #expect(
            list.lines.map { $0.split(separator: ",").prefix(3).joined(separator: ",") } == [
                "source,reason,records", "web,it has neither anonymous_id nor user_id,1",
                "web,it is a track without a name,1",
                "web,it is not a JSON object,1",
            ]
        )
        let shown = try await millrace("replay", "web", "--show", "--reason", "JSON", "--format", "csv")
        #expect(
            shown.lines.count == 2 && shown.lines[1].hasSuffix("drop/a.ndjson,7,it is not a JSON object,5"),
            "\(shown)"
        )
        #expect(try await millrace("replay", "web", "--show", "--limit", "2").lines.count == 3)
        #expect(try await millrace("replay", "other").output == "other: 0 dead letters, 0 used, 0 still dead\n")
    }

    @Test("A rehearsal changes nothing, and what is asked wrongly is told")
    func refuses() async throws {
        _ = try await run()
        let rehearsal = try await millrace("replay", "web", "--reason", "neither", "--set", "userId=x", "--dry-run")
        #expect(rehearsal.output == "web: 1 dead letter, 1 would be used, 0 would stay\n")
        #expect(try await count("dead_letters") == 3)
        for arguments in [
            ["web", "--set", "userId"], ["web", "--set", "=x"], ["--set", "a=b"], ["web", "--show", "--drop", "a"],
            ["wep"],
            ["web", "--limit", "0"], ["wep", "--show"],
        ] {
            let answer = try await millrace.start(["replay"] + arguments)
            #expect(answer.code == 2, "\(arguments): \(answer)")
        }
    }
}
