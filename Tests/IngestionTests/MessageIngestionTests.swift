import ConnectorTesting
import Foundation
import Gzip
import Lake
import LocalFilesPlugin
import PipelineCore
import Testing
import WriteAheadLog

@testable import Ingestion

/// A collector's log in front of a lake, without the server: lines are appended as the server does, landed, and ingested.
struct LandedLog {
    let folder: DropFolder

    init() throws { folder = try DropFolder.events(.segment, .ndjson) }

    /// Lands lines, each appended alone, in segments of about two lines.
    func land(_ lines: [String]) async throws {
        let log = try await WriteAheadLog(
            directory: folder.scratch.path("log"),
            options: .init(commitDelay: .zero, segmentSize: 300),
            clock: { Timestamp(microseconds: 1_795_000_000_000_000) }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await log.run() }
            for line in lines { try await log.append(Array("\(line)\n".utf8), events: 1) }
            await log.seal(olderThan: .zero)
            group.cancelAll()
        }
        let zone = LandingLog(store: folder.store)
        _ = try await LogLanding(log, source: "files", rawZone: zone, coding: GzipCoding()).land()
    }

    /// Lands lines and ingests what has landed.
    @discardableResult
    func take(_ lines: [String]) async throws -> IngestionReport {
        try await land(lines)
        return try await folder.run()
    }
}

@Suite("Messages that the collector has landed become events")
struct MessageIngestionTests {
    /// A line as the collector writes it; `members` are the message's own.
    private func line(_ members: String, receivedAt: String = "2026-11-21T07:31:17.123456Z", source: String = "web-app")
        -> String
    {
        "{\"receivedAt\":\"\(receivedAt)\",\"source\":\"\(source)\",\"requestId\":\"r1\",\(members)}"
    }

    private func track(_ id: String, _ more: String = "") -> String {
        line(
            "\"type\":\"track\",\"messageId\":\"\(id)\",\"event\":\"Buy\",\"userId\":\"u\""
                + (more.isEmpty ? "" : "," + more)
        )
    }

    @Test("What the server says of a message goes into the columns of its name, and a request's number nowhere")
    func envelope() async throws {
        let log = try LandedLog()
        let context = #""context":{"ip":"10.0.0.0","userAgent":"UA","library":{"name":"js"}}"#
        #expect(try await log.take([track("m1", context)]).accepted == 1)
        let rows = try await log.folder.query(
            "SELECT event_id, source, received_at, occurred_at, ip, user_agent, _row, properties, context FROM event_log"
        )
        #expect(
            rows == [
                "m1,web-app,2026-11-21 07:31:17.123456+00,2026-11-21 07:31:17.123456+00,10.0.0.0,UA,1,,"
                    + #""{""ip"":""10.0.0.0"",""userAgent"":""UA"",""library"":{""name"":""js""}}""#
            ]
        )
    }

    /// What a message says of time, and when its event occurred.
    private static let clocks: [(members: String, occurredAt: String?)] = [
        // As the collector writes them: the device's clock is `originalTimestamp`.
        (#""originalTimestamp":"2026-11-21T07:31:10Z","sentAt":"2026-11-21T07:31:12Z""#, "07:31:15.123456"),
        (
            #""originalTimestamp":"2026-11-21T07:31:10.000001+00:00","sentAt":"2026-11-21T08:31:10+01:00""#,
            "07:31:17.123457"
        ),
        (#""originalTimestamp":"1970-01-01T00:00:01Z","sentAt":"1970-01-01T00:00:03Z""#, "07:31:15.123456"),
        (#""originalTimestamp":"2031-01-01T00:00:00Z","sentAt":"2031-01-01T00:00:01Z""#, "07:31:16.123456"),
        (#""timestamp":"2026-11-21T07:31:10Z","sentAt":"2026-11-21T07:31:12Z""#, "07:31:15.123456"),
        (#""timestamp":1795246270000,"sentAt":1795246272000"#, "07:31:15.123456"),
        // Later than it was sent, as a message that was given a time of its own can be.
        (#""timestamp":"2026-11-21T07:31:20Z","sentAt":"2026-11-21T07:31:12Z""#, "07:31:25.123456"),
        // Corrected before it came.
        (
            #""timestamp":"2026-11-21T05:00:00Z","originalTimestamp":"2020-01-01T00:00:00Z","sentAt":"2020-01-01T00:00:01Z""#,
            "05:00:00"
        ),
        // Nothing to correct by.
        (#""timestamp":"2026-11-21T05:00:00Z""#, "05:00:00"),
        (#""originalTimestamp":"2026-11-21T05:00:00Z","sentAt":null"#, "05:00:00"),
        (#""timestamp":"2026-11-21T05:00:00Z","sentAt":"soon""#, "05:00:00"),
        (#""timestamp":"2026-11-21T05:00:00Z","sentAt":{"a":1}"#, "05:00:00"),
        // No correction makes an event vanish.
        (#""timestamp":"2026-11-21T05:00:00Z","sentAt":"0001-01-01T00:00:00Z""#, "05:00:00"),
        (#""timestamp":"2026-11-21T05:00:00Z","sentAt":"9999-12-31T23:59:59Z""#, "05:00:00"),
        (#""timestamp":"2026-11-21T05:00:00Z","sentAt":99999999999999999"#, "05:00:00"),
        // No clock but the server's.
        (#""sentAt":"2020-01-01T00:00:00Z""#, "07:31:17.123456"),
        (#""timestamp":"","originalTimestamp":null"#, "07:31:17.123456"),
        // What is no moment is nobody's guess.
        (#""timestamp":"yesterday","sentAt":"2020-01-01T00:00:00Z""#, nil),
    ]

    @Test("A device's clock is corrected by the server's")
    func clockCorrection() async throws {
        let log = try LandedLog()
        let report = try await log.take(Self.clocks.enumerated().map { track("m\($0)", $1.members) })
        #expect(report.rejected == Int64(Self.clocks.count { $0.occurredAt == nil }))
        let rows = try await log.folder.query("SELECT event_id, occurred_at FROM event_log ORDER BY _row")
        let expected = Self.clocks.enumerated().compactMap { index, clock in
            clock.occurredAt.map { "m\(index),2026-11-21 \($0)+00" }
        }
        #expect(rows == expected)
        #expect(try await log.folder.reasons() == ["occurred_at: there is no moment in it"])
    }

    @Test("When a file arrived corrects no clock")
    func files() async throws {
        let folder = try DropFolder.events(.segment, .ndjson)
        try folder.put(
            """
            {"event":"a","userId":"u","timestamp":"2020-01-01T00:00:00Z","sentAt":"2020-01-01T00:00:05Z"}
            {"event":"b","userId":"u","originalTimestamp":"2020-01-02T00:00:00Z","sentAt":"2020-01-01T00:00:05Z"}
            {"event":"c","userId":"u","sentAt":"2020-01-03T00:00:00Z"}
            {"event":"d","userId":"u","timestamp":"2020-01-04T00:00:00Z","sentAt":"2020-01-04T00:00:02Z","receivedAt":"2020-01-04T00:00:03Z"}
            {"event":"e","userId":"u","timestamp":"2020-01-05T00:00:00Z","sentAt":"2020-01-05T00:00:02Z","receivedAt":"never"}
            {"event":"f","userId":"u"}

            """,
            as: "a"
        )
        #expect(try await folder.run().rejected == 1)
        #expect(
            try await folder.query("SELECT name, occurred_at FROM event_log ORDER BY _row") == [
                "a,2020-01-01 00:00:00+00", "b,2020-01-02 00:00:00+00", "c,2020-01-03 00:00:00+00",
                "d,2020-01-04 00:00:01+00", "e,2020-01-05 00:00:00+00",
            ]
        )
    }

    /// Lines that are no events, with the reason, and what the dead letter holds where that is not the line.
    private func deadLines() -> [(line: String, reason: String, raw: String?)] {
        let sent = #"{\"event\":\"Buy\",\"userId\":\"u\",\"source\":\"mine\",\"text\":\"\\ud83d\\ude00\"}"#
        let deep = String(repeating: "[", count: 16_000) + String(repeating: "]", count: 16_000)
        let tooLong = "it is longer than 32768 bytes"
        let rejected = { (raw: String) in
            "{\"rejected\":{\"reason\":\"\(tooLong)\"},\"receivedAt\":\"2026-11-21T07:31:17Z\",\"source\":\"web-app\",\"requestId\":\"r1\",\"raw\":\"\(raw)\"}"
        }
        return [
            (
                rejected(sent), tooLong,
                #"{"event":"Buy","userId":"u","source":"web-app","text":"😀","receivedAt":"2026-11-21T07:31:17Z","requestId":"r1"}"#
            ),
            (rejected(#"[\"a\", 1]"#), tooLong, #"["a", 1]"#),
            (
                rejected(#"{\"event\":\"Buy\",\"userId\":\"u\",\"x\":\#(deep)}"#), tooLong,
                #"{"event":"Buy","userId":"u","x":\#(deep),"receivedAt":"2026-11-21T07:31:17Z","source":"web-app","requestId":"r1"}"#
            ),
            ("5", "it is not a JSON object", nil),
            (#""text""#, "it is not a JSON object", nil),
            ("null", "it is not a JSON object", nil),
            ("[{}]", "it is not a JSON object", nil),
            (line(#""userId":"u","event":"\u0000""#), "it contains a NUL character", nil),
            (line(#""userId":null,"anonymousId":"","event":"Buy""#), "it has neither anonymous_id nor user_id", nil),
            (line(#""type":"track","userId":"u""#), "it is a track without a name", nil),
            (line(#""userId":"u","event":null"#), "it is a track without a name", nil),
        ]
    }

    @Test("What is no event is a dead letter by itself, with the reason and what was sent")
    func rejected() async throws {
        let log = try LandedLog()
        let dead = deadLines()
        let lines =
            dead.enumerated().flatMap { [track("m\($0)"), $1.line] } + [
                line(#""type":"identify","userId":"u","traits":{}"#)
            ]
        let report = try await log.take(lines)
        #expect(report.rows == Int64(lines.count) && report.rejected == Int64(dead.count))
        #expect(
            try await log.folder.query("SELECT event_id FROM event_log WHERE type = 'track' ORDER BY _row")
                == dead.indices.map { "m\($0)" }
        )
        let letters = try await log.folder.query(
            "SELECT _row, reason, source, encoding FROM dead_letters ORDER BY _row"
        )
        #expect(letters == dead.enumerated().map { "\(2 * $0 + 2),\($1.reason),files,text" })
        for (index, letter) in dead.enumerated() {
            let raw = letter.raw ?? letter.line
            let same =
                "SELECT count(*) AS n FROM dead_letters WHERE _row = \(2 * index + 2) AND raw = \(sqlLiteral(raw))"
            #expect(try await log.folder.query(same) == ["1"], "\(raw)")
        }
    }

    @Test("What the collector kept in Base64 is a dead letter in Base64, and no other word makes it one")
    func base64() async throws {
        let log = try LandedLog()
        let lines = ["base64", "rot13"].map {
            #"{"rejected":{"encoding":"\#($0)","reason":"it is not valid UTF-8"},"source":"web","raw":"eyJhIjrDfQ=="}"#
        }
        #expect(try await log.take(lines).rejected == 2)
        #expect(
            try await log.folder.query("SELECT encoding, reason, raw FROM dead_letters ORDER BY _row")
                == ["base64", "text"].map { "\($0),it is not valid UTF-8,eyJhIjrDfQ==" }
        )
    }

    @Test("A text that a browser has cut in two, and a number that no machine holds, make no event vanish")
    func doubtful() async throws {
        let log = try LandedLog()
        let lines = [
            track("m1", #""properties":{"title":"a\ud83d","\udc00":1}"#), track("m2", #""properties":{"n":1e999}"#),
            line(#""type":"page","messageId":"m3","userId":"u\ud83d","name":"\ud83d\ude00\ud83d""#),
        ]
        #expect(try await log.take(lines).accepted == 3)
        #expect(
            try await log.folder.query("SELECT event_id, user_id, name, properties FROM event_log ORDER BY event_id")
                == [
                    #"m1,u,Buy,"{""title"":""a\#u{FFFD}"",""\#u{FFFD}"":1}""#, #"m2,u,Buy,"{""n"":1e999}""#,
                    "m3,u\u{FFFD},\u{1F600}\u{FFFD},",
                ]
        )
    }

    @Test("A group, a page's category and an alias's former id are members of the properties, which go before them")
    func membersWithoutColumn() async throws {
        let log = try LandedLog()
        let lines = [
            line(#""type":"group","messageId":"m1","userId":"u","groupId":"g","traits":{"name":"G"}"#),
            line(#""type":"alias","messageId":"m2","userId":"u","previousId":"p""#),
            line(#""type":"page","messageId":"m3","userId":"u","category":"Docs","properties":{"a":1,"b":null}"#),
            line(#""type":"page","messageId":"m4","userId":"u","category":"Docs","properties":{"category":"Own"}"#),
            line(#""type":"page","messageId":"m5","userId":"u","category":"","groupId":null,"properties":{"a":1}"#),
        ]
        #expect(try await log.take(lines).accepted == 5)
        #expect(
            try await log.folder.query("SELECT event_id, properties, traits FROM event_log ORDER BY event_id") == [
                #"m1,"{""groupId"":""g""}","{""name"":""G""}""#, #"m2,"{""previousId"":""p""}","#,
                #"m3,"{""category"":""Docs"",""a"":1,""b"":null}","#, #"m4,"{""category"":""Own""}","#,
                #"m5,"{""a"":1}","#,
            ]
        )
    }

    @Test("What two landings bring is counted once each, and a message that was sent twice is twice in the log")
    func landings() async throws {
        let log = try LandedLog()
        #expect(try await log.take([track("m1"), "5", track("m1")]).accepted == 2)
        try await log.land([track("m2")])
        let second = try await log.take([track("m1"), "{}"])
        #expect(second.rows == 3 && second.accepted == 2 && second.rejected == 1)
        #expect(
            try await log.folder.query(
                "SELECT event_id, count(*) AS n FROM event_log GROUP BY event_id ORDER BY event_id"
            )
                == ["m1,3", "m2,1"]
        )
        #expect(
            try await log.folder.query(
                "SELECT _row, count(DISTINCT _file_id) AS starts FROM event_log GROUP BY _row ORDER BY _row"
            )
                == ["1,3", "3,1"]
        )
    }
}
