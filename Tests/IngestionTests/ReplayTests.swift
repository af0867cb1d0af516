import ConnectorTesting
import Foundation
import Lake
import LocalFilesPlugin
import PipelineCore
import Testing

@testable import Ingestion

extension DropFolder {
    /// Reads dead letters again; before must be what became of them, and what is dead must be what the table says.
    @discardableResult
    func replay(
        _ steps: RecordFix.Step...,
        reason: String? = nil,
        isRehearsal: Bool = false,
        options: IngestionOptions? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ReplayReport {
        let job = try job(options: options)
        let report = try await job.replay(RecordFix(steps), reason: reason, isRehearsal: isRehearsal)
        let parts = report.replayed + report.dead + report.superseded
        #expect(report.before == parts, "\(report)", sourceLocation: sourceLocation)
        if !isRehearsal { #expect(try await job.plan().isEmpty, sourceLocation: sourceLocation) }
        return report
    }

    /// Where every record is: in `event_log` (`e`), in `t` or in the dead letters (`d`), with file and position.
    func places() async throws -> [String] {
        let hasTable = try await version() != nil
        return try await query(
            """
            SELECT 'e' AS place, user_id AS value, _file AS file, _row AS row, _file_id IS NOT NULL AS known FROM event_log
            UNION ALL SELECT 'd', reason, file, _row, _file_id IS NOT NULL FROM dead_letters
            \(hasTable ? "UNION ALL SELECT 't', CAST(n AS VARCHAR), _file, _row, _file_id IS NOT NULL FROM t" : "")
            ORDER BY file, row, place
            """
        )
    }

    /// Reads all that was landed again.
    func runFully() async throws -> IngestionReport {
        let job = try job()
        return try await job.run(try await job.plan(isFull: true))
    }
}

@Suite("Dead letters are read again")
struct ReplayTests {
    private static let noID = "it has neither anonymous_id nor user_id"

    /// Six messages in two files: two that are events, two without an id, one of them with another member's name, one without
    /// a name, one that is no object.
    private func messages() async throws -> DropFolder {
        let folder = try DropFolder.events(.segment, .ndjson)
        try folder.put(
            """
            {"event":"a","userId":"u1","timestamp":"2024-01-01T00:00:00Z"}
            {"event":"b","timestamp":"2024-01-01T00:00:01Z","properties":{"n":null,"m":1}}
            {"event":"c","timestamp":"2024-01-01T00:00:02Z","uid":"u3","props":{"n":null}}

            """,
            as: "a.ndjson"
        )
        try folder.put(
            """
            {"type":"track","timestamp":"2024-01-01T00:00:03Z","userId":"u4"}
            broken
            {"event":"f","userId":"u6","timestamp":"2024-01-01T00:00:05Z"}

            """,
            as: "b.ndjson"
        )
        #expect(try await folder.run().rejected == 4)
        return folder
    }

    @Test("What a fix makes usable goes where it was from the start, the rest stays, and nothing is counted twice")
    func fix() async throws {
        let folder = try await messages()
        let before = try await folder.places()
        let rehearsal = try await folder.replay(.set(member: "userId", value: "unknown"), isRehearsal: true)
        #expect(rehearsal.before == 4 && rehearsal.replayed == 2)
        #expect(try await folder.places() == before)

        let report = try await folder.replay(
            .rename(member: "uid", to: "userId"),
            .set(member: "userId", value: "unknown"),
            reason: "neither"
        )
        #expect(report.before == 2 && report.replayed == 2 && report.reasons.isEmpty)
        let after = [
            "e,u1,drop/a.ndjson,1,true", "e,unknown,drop/a.ndjson,2,true", "e,u3,drop/a.ndjson,3,true",
            "d,it is a track without a name,drop/b.ndjson,1,true", "d,it is not a JSON object,drop/b.ndjson,2,true",
            "e,u6,drop/b.ndjson,3,true",
        ]
        #expect(try await folder.places() == after)
        let again = try await folder.replay(.set(member: "userId", value: "nobody"))
        #expect(again.before == 2 && again.replayed == 0)
        #expect(
            again.reasons.map { "\($0.count) \($0.text)" } == [
                "1 it is a track without a name", "1 it is not a JSON object",
            ]
        )
        #expect(try await folder.places() == after)
        #expect(
            try await folder.query("SELECT properties FROM event_log WHERE _row = 2 AND name = 'b'")
                == [#""{""n"":null,""m"":1}""#]
        )
    }

    @Test("Reading again all that was landed keeps what was replayed, whatever the mapping has become")
    func rebuild() async throws {
        let folder = try await messages()
        try await folder.replay(.rename(member: "uid", to: "userId"), .rename(member: "props", to: "properties"))
        try await folder.replay(.set(member: "event", value: "unnamed"))
        let after = try await folder.places()
        #expect(after.count == 6 && after.filter { $0.hasPrefix("d") }.count == 2)
        #expect(
            try await folder.query("SELECT properties FROM event_log WHERE user_id = 'u3'") == [#""{""n"":null}""#]
        )
        let report = try await folder.runFully()
        #expect(report.rows == report.accepted + report.rejected)
        #expect(try await folder.places() == after)

        // By this mapping what was replayed would have been an event from the start.
        let mapping = EventMapping(
            [
                .init(column: "user_id", value: .first([.field("userId"), .field("uid"), .constant("nobody")])),
                .init(column: "occurred_at", value: .field("timestamp")),
            ],
            keepsRest: true
        )
        let corrected = try await folder.replay(options: IngestionOptions(target: .events(mapping), format: .ndjson))
        #expect(corrected.before == 2 && corrected.replayed == 1 && corrected.caughtUp.superseded == 6 + 2)
        #expect(
            try await folder.places() == [
                "e,u1,drop/a.ndjson,1,true", "e,nobody,drop/a.ndjson,2,true", "e,u3,drop/a.ndjson,3,true",
                "e,u4,drop/b.ndjson,1,true", "d,it is not a JSON object,drop/b.ndjson,2,true",
                "e,u6,drop/b.ndjson,3,true",
            ]
        )
    }

    @Test(
        "Rows of a table of any format are fixed by the names of their columns",
        arguments: [RecordFormat.csv, .parquet]
    )
    func table(format: RecordFormat) async throws {
        let folder = try DropFolder.table(format)
        let name = "a.\(format.rawValue)"
        if format == .csv {
            try folder.put("n,note\n1,x\n", as: name)
        } else {
            try await folder.putParquet("SELECT 1::BIGINT AS n, 'x' AS note", as: name)
        }
        try await folder.run()
        let (odd, second) = ("it's \"odd\"", "b.\(format.rawValue)")
        if format == .csv {
            let header = #"n,note,"it's ""odd""""#
            try folder.put(header + "\n2,y,1\nnone,\"z\n, \"\"w\"\"\",2\nwrong\n", as: second)
        } else {
            try await folder.putParquet(
                "SELECT * FROM (VALUES ('2', 'y', 1), ('none', e'z\\n, \"w\"', 2)) AS t(n, note, \(sqlIdentifier(odd)))",
                as: second
            )
        }
        #expect(try await folder.run().rejected == (format == .csv ? 2 : 1))
        let report = try await folder.replay(
            .rename(member: odd, to: "odd"),
            .drop(member: "n"),
            reason: "n: it is no BIGINT"
        )
        #expect(report.replayed == 1 && report.before == 1)
        let rows = try await folder.query(
            "SELECT n, replace(note, chr(10), '/') AS note, odd, _row FROM t WHERE n IS NULL"
        )
        #expect(rows == [#","z/, ""w""",2,2"#])
        #expect(try await folder.query("SELECT count(*) AS n FROM t") == ["3"])
        let full = try await folder.runFully()
        #expect(full.accepted == 3 && full.rejected == (format == .csv ? 1 : 0) && full.superseded == 3 + full.rejected)
        #expect(full.rows == full.accepted + full.rejected && full.takenFiles == 2)
        #expect(try await folder.query("SELECT count(*) AS n FROM t") == ["3"])
    }

    @Test("A file that is delivered anew takes what was replayed of it away")
    func changedFile() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("n\n1\n", as: "a.csv")
        try await folder.run()
        try folder.put("n\n2\nx\n", as: "b.csv")
        try await folder.run()
        #expect(try await folder.replay(.drop(member: "n"), .set(member: "n", value: "7")).replayed == 1)
        #expect(try await folder.query("SELECT n FROM t ORDER BY n") == ["1", "2", "7"])
        try folder.put("n\n2\n3\n", as: "b.csv")
        #expect(try await folder.run().superseded == 2)
        #expect(try await folder.query("SELECT n FROM t ORDER BY n") == ["1", "2", "3"])
        let full = try await folder.runFully()
        #expect(full.rows == full.accepted + full.rejected)
        #expect(try await folder.query("SELECT n FROM t ORDER BY n") == ["1", "2", "3"])
        #expect(try await folder.reasons().isEmpty)
    }

    @Test("What was landed meanwhile is taken first, and a message that was too long keeps its source and clock")
    func collector() async throws {
        let log = try LandedLog()
        let server = #""receivedAt":"2026-11-21T07:31:17Z","source":"web-app","requestId":"r1""#
        let message =
            #"{\"event\":\"Buy\",\"userId\":\"u\",\"timestamp\":\"2026-11-21T07:00:00Z\","#
            + #"\"sentAt\":\"2026-11-21T07:00:02Z\",\"source\":\"mine\"}"#
        let rejected = #""rejected":{"reason":"it is longer than 32768 bytes"}"#
        try await log.take(["{\(rejected),\(server),\"raw\":\"\(message)\"}"])
        try await log.land(["{\(server),\"event\":\"Look\",\"userId\":\"u\"}", "{}"])
        let report = try await log.folder.replay(reason: "longer than")
        #expect(report.before == 1 && report.replayed == 1)
        #expect(report.caughtUp.accepted == 1 && report.caughtUp.rejected == 1)
        let columns = "name, source, occurred_at, received_at, _row"
        #expect(
            try await log.folder.query("SELECT \(columns) FROM event_log ORDER BY name") == [
                "Buy,web-app,2026-11-21 07:31:15+00,2026-11-21 07:31:17+00,1",
                "Look,web-app,2026-11-21 07:31:17+00,2026-11-21 07:31:17+00,1",
            ]
        )
        #expect(try await log.folder.query("SELECT count(*) AS n FROM dead_letters") == ["1"])
    }

    @Test("A kept message with half a surrogate pair in it can be used like any other, with U+FFFD in its place")
    func keptHalfPair() async throws {
        let log = try LandedLog()
        let server = #""receivedAt":"2026-11-21T07:31:17Z","source":"web-app","requestId":"r1""#
        let rejected = #""rejected":{"reason":"it is longer than 32768 bytes"}"#
        let message = #"{\"event\":\"a\\ud83d\\\\ud83d\",\"userId\":\"u\"}"#
        try await log.take(["{\(rejected),\(server),\"raw\":\"\(message)\"}"])
        let report = try await log.folder.replay()
        #expect(report.before == 1 && report.replayed == 1, "\(report)")
        #expect(
            try await log.folder.query("SELECT name, source, received_at FROM event_log")
                == [#"a\u{FFFD}\ud83d,web-app,2026-11-21 07:31:17+00"#.replacing(#"\u{FFFD}"#, with: "\u{FFFD}")]
        )
    }

    @Test("What no engine should be given stays a dead letter, and without dead letters there is nothing to do")
    func refused() async throws {
        let folder = try DropFolder.events(.segment, .ndjson)
        #expect(try await folder.replay().before == 0)
        try folder.put("{\"event\":\"a\\u0000\",\"userId\":\"u\",\"timestamp\":\"2024-01-01\"}\n", as: "a")
        try await folder.run()
        let report = try await folder.replay(.set(member: "x", value: "\"\\\u{1}\n"))
        #expect(report.dead == 1 && report.reasons.map(\.text) == ["it contains a NUL character"])
        #expect(try await folder.replay(.drop(member: "event"), .set(member: "event", value: "a")).replayed == 1)
        #expect(try await folder.replay().before == 0)
    }

    // MARK: Crashes

    /// Replays with one part failing, and again with all parts whole; returns whether the first time failed.
    private func survive(
        _ place: String,
        _ folder: DropFolder,
        _ attempt: (DropFolder) async throws -> Void
    ) async throws -> Bool {
        try? FileManager.default.removeItem(atPath: folder.scratch.path("lake"))
        try FileManager.default.copyItem(atPath: folder.scratch.path("prepared"), toPath: folder.scratch.path("lake"))
        var hasFailed = false
        do { try await attempt(folder) } catch let error as PipelineError {
            hasFailed = true
            #expect(error.message.contains("simulated"), "\(place): \(error)")
        }
        let half = try await folder.places()
        #expect(Set(half.map { $0.split(separator: ",").suffix(3) }).count == half.count, "\(place): twice in \(half)")
        let report = try await folder.replay(Self.step, reason: "neither")
        #expect(report.before <= 2 && report.dead == 0, "\(place): \(report)")
        let after = try await folder.places()
        #expect(after.count == 6 && after.filter { $0.hasPrefix("d") }.count == 2, "\(place): \(after)")
        return hasFailed
    }

    private static let step = RecordFix.Step.set(member: "userId", value: "unknown")

    private func prepared() async throws -> DropFolder {
        let folder = try await messages()
        try FileManager.default.copyItem(atPath: folder.scratch.path("lake"), toPath: folder.scratch.path("prepared"))
        return folder
    }

    @Test(
        "Whatever call to the object store is the last, or loses its answer, every record is in one place",
        arguments: FaultyObjectStore.Moment.allCases
    )
    func crashes(moment: FaultyObjectStore.Moment) async throws {
        let folder = try await prepared()
        var turn = 1
        while true {
            let store = FaultyObjectStore(folder.store, failingAt: turn, moment, isLasting: moment == .before)
            _ = try await survive("\(moment) call \(turn)", folder) { folder in
                _ = try await folder.job(store: store).replay(RecordFix([Self.step]), reason: "neither")
            }
            guard store.calls >= turn else { break }
            turn += moment == .before ? 1 : 3
        }
        #expect(turn > 20)
    }

    @Test("Whatever the engine fails at, every record is in one place")
    func engineFailures() async throws {
        let folder = try await prepared()
        var turn = 1
        while true {
            let engine = FaultyEngine(folder.engine, failingAt: turn, isAfter: turn.isMultiple(of: 2))
            _ = try await survive("the engine failed at call \(turn)", folder) { folder in
                _ = try await folder.job(engine: engine).replay(RecordFix([Self.step]), reason: "neither")
            }
            guard engine.calls >= turn else { break }
            turn += 1
        }
        #expect(turn > 6)
    }
}
