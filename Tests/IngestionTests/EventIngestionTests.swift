import PipelineCore
import Testing

@testable import Ingestion

@Suite("Records become events")
struct EventIngestionTests {
    private func mapping(_ entries: KeyValuePairs<String, ValueExpression>) -> EventMapping {
        EventMapping(entries.map { EventMapping.Entry(column: $0.key, value: $0.value) }, keepsRest: true)
    }

    private var clicks: EventMapping {
        mapping([
            "anonymous_id": .field("user_id"), "name": .field("event"), "occurred_at": .field("timestamp"),
            "platform": .field("platform"),
        ])
    }

    @Test("Country codes are upper-case, fractions of pixels are left out, and the basic form of ISO 8601 is a moment")
    func normalised() async throws {
        let fields = mapping([
            "anonymous_id": .field("u"), "occurred_at": .field("t"), "country": .field("c"),
            "screen_width": .field("w"),
        ])
        let folder = try DropFolder.events(fields, .csv)
        let rows = "a,20240101T000000Z,na,1.9\na,20240101T000000.123Z,Pl,-1.9\na,20240101T010000+0100,Poland,x\n"
        try folder.put("u,t,c,w\n" + rows, as: "a")
        #expect(try await folder.run().accepted == 3)
        let found = try await folder.query("SELECT occurred_at, country, screen_width FROM event_log ORDER BY _row")
        let midnight = "2024-01-01 00:00:00"
        #expect(found == ["\(midnight)+00,NA,1", "\(midnight).123+00,PL,-1", "\(midnight)+00,Poland,"])
    }

    @Test(
        "Columns go where the mapping says, unknown names and unmapped columns into properties",
        arguments: [RecordFormat.csv, .ndjson]
    )
    func mapped(format: RecordFormat) async throws {
        let folder = try DropFolder.events(clicks, format)
        if format == .csv {
            try folder.put(
                "User_ID,event,timestamp,platform,Price (EUR),\"it's\"\nu1,view,2024-03-13 10:21:14,web,1.50,x\nu2,buy,2024-03-13 10:21:15,,,\n",
                as: "a"
            )
        } else {
            try folder.put(
                """
                {"user_id":"u1","event":"view","timestamp":"2024-03-13 10:21:14","platform":"web","Price (EUR)":1.5,"it's":{"a":null}}
                {"user_id":"u2","event":"buy","timestamp":"2024-03-13 10:21:15"}

                """,
                as: "a"
            )
        }
        #expect(try await folder.run().accepted == 2)
        let rows = try await folder.query(
            "SELECT source, type, name, anonymous_id, user_id, occurred_at, properties, _file, _row FROM event_log ORDER BY _row"
        )
        let properties =
            format == .csv
            ? "\"{\"\"Price (EUR)\"\":\"\"1.50\"\",\"\"it's\"\":\"\"x\"\",\"\"platform\"\":\"\"web\"\"}\""
            : "\"{\"\"Price (EUR)\"\":1.5,\"\"it's\"\":{\"\"a\"\":null},\"\"platform\"\":\"\"web\"\"}\""
        #expect(
            rows == [
                "files,track,view,u1,,2024-03-13 10:21:14+00,\(properties),drop/a,1",
                "files,track,buy,u2,,2024-03-13 10:21:15+00,,drop/a,2",
            ]
        )
    }

    @Test("The first of several fields, a digest, a constant and a path into objects")
    func expressions() async throws {
        let folder = try DropFolder.events(
            mapping([
                "anonymous_id": .hash(["ip", "agent"]),
                "user_id": .first([.field("uid"), .field("user.id"), .field("user.name")]),
                "name": .constant("it's a hit"), "type": .field("kind"),
                "occurred_at": .first([.field("t"), .field("ts")]),
                "source": .field("site"), "event_id": .field("id"), "received_at": .field("seen"),
                "screen_width": .field("w"),
                "traits": .field("user"), "context": .field("junk"),
            ]),
            .ndjson
        )
        try folder.put(
            """
            {"ip":"1","agent":"a","uid":"","user":{"id":7,"name":"x"},"kind":"PAGE","t":"2024-01-01T00:00:00Z","site":"shop","id":"e1","seen":"2024-01-02T00:00:00Z","w":"1920.7","junk":"no object"}
            {"ip":"1","agent":"a","user.id":"dotted","user":{"id":8},"t":null,"ts":1704067200,"w":"wide","seen":"never"}
            {"ip":"1a","agent":"","uid":"u","ts":1704067200123}
            {"ip":"","agent":"","user":{"name":"y"},"ts":1704067200123456}

            """,
            as: "a"
        )
        #expect(try await folder.run().accepted == 4)
        let rows = try await folder.query(
            "SELECT user_id, name, type, source, occurred_at, screen_width, traits, context, properties FROM event_log ORDER BY _row"
        )
        #expect(
            rows == [
                "7,it's a hit,page,shop,2024-01-01 00:00:00+00,1920,\"{\"\"id\"\":7,\"\"name\"\":\"\"x\"\"}\",,",
                "dotted,it's a hit,track,files,2024-01-01 00:00:00+00,,\"{\"\"id\"\":8}\",,",
                "u,it's a hit,track,files,2024-01-01 00:00:00.123+00,,,,",
                "y,it's a hit,track,files,2024-01-01 00:00:00.123456+00,,\"{\"\"name\"\":\"\"y\"\"}\",,",
            ]
        )
        let ids = try await folder.query("SELECT anonymous_id FROM event_log ORDER BY _row")
        #expect(ids[0] == ids[1] && ids[0] != ids[2] && ids[0].count == 32 && ids[3] == "", "nothing has no digest")
        let given = try await folder.query(
            "SELECT event_id, received_at = TIMESTAMPTZ '2024-01-02 00:00:00+00' AS r, received_at > TIMESTAMPTZ '2026-01-01 00:00:00+00' AS later FROM event_log ORDER BY _row LIMIT 2"
        )
        #expect(
            given.first == "e1,true,false" && given.last?.hasSuffix(",false,true") == true,
            "what cannot be read is the arrival"
        )
    }

    @Test("Properties of the source win over unmapped columns and keep their nulls")
    func merging() async throws {
        let folder = try DropFolder.events(
            mapping([
                "user_id": .field("u"), "occurred_at": .field("t"), "properties": .field("props"),
                "plan": .constant("free"),
            ]),
            .ndjson
        )
        try folder.put(
            """
            {"u":1,"t":"2024-01-01","props":{"a":null,"b":{"x":1},"plan":"pro"},"b":{"y":2},"c":3}
            {"u":1,"t":"2024-01-01","props":"text","c":3}
            {"u":1,"t":"2024-01-01"}

            """,
            as: "a"
        )
        try await folder.run()
        let rows = try await folder.query("SELECT properties FROM event_log ORDER BY _row")
        #expect(
            rows == [
                "\"{\"\"b\"\":{\"\"x\"\":1},\"\"c\"\":3,\"\"plan\"\":\"\"pro\"\",\"\"a\"\":null}\"",
                "\"{\"\"c\"\":3,\"\"plan\"\":\"\"free\"\"}\"", "\"{\"\"plan\"\":\"\"free\"\"}\"",
            ]
        )
    }

    @Test("Objects of which only a part is mapped stay whole in properties")
    func parts() async throws {
        let folder = try DropFolder.events(
            mapping(["user_id": .field("user.id"), "occurred_at": .field("t")]),
            .ndjson
        )
        try folder.put("{\"user\":{\"id\":1,\"plan\":\"pro\"},\"t\":\"2024-01-01\"}\n", as: "a")
        try await folder.run()
        #expect(
            try await folder.query("SELECT user_id, properties FROM event_log") == [
                "1,\"{\"\"user\"\":{\"\"id\"\":1,\"\"plan\"\":\"\"pro\"\"}}\""
            ]
        )
    }

    @Test("Messages of Segment's libraries")
    func segment() async throws {
        let folder = try DropFolder.events(.segment, .ndjson)
        try folder.put(
            """
            {"messageId":"m1","type":"page","name":"Home","anonymousId":"a","userId":null,"timestamp":"2024-01-01T10:00:00.000Z","receivedAt":"2024-01-01T10:00:01Z","context":{"page":{"url":"https://x/y?z","path":"/y","title":"T","referrer":"https://g"},"ip":"::1","userAgent":"UA","campaign":{"source":"s","medium":"m","name":"n"},"locale":"pl","screen":{"width":1,"height":2},"library":{"name":"js"}},"properties":{"url":"no","price":1}}
            {"messageId":"m2","type":"identify","userId":"u","originalTimestamp":"2024-01-01T10:00:02Z","traits":{"plan":"pro"}}
            {"messageId":"m3","type":"track","event":"Buy","userId":"u","sentAt":"2024-01-01T10:00:03Z","context":{"traits":{"plan":"x"}}}

            """,
            as: "a"
        )
        #expect(try await folder.run().accepted == 3)
        let rows = try await folder.query(
            "SELECT event_id, type, name, anonymous_id, user_id, occurred_at, page_url, page_path, campaign_source, ip, screen_height, properties, traits FROM event_log ORDER BY _row"
        )
        #expect(
            rows == [
                "m1,page,Home,a,,2024-01-01 10:00:00+00,https://x/y?z,/y,s,::1,2,\"{\"\"url\"\":\"\"no\"\",\"\"price\"\":1}\",",
                "m2,identify,,,u,2024-01-01 10:00:02+00,,,,,,,\"{\"\"plan\"\":\"\"pro\"\"}\"",
                "m3,track,Buy,,u,2024-01-01 10:00:03+00,,,,,,,\"{\"\"plan\"\":\"\"x\"\"}\"",
            ]
        )
        #expect(
            try await folder.query("SELECT context IS NOT NULL AS c FROM event_log ORDER BY _row") == [
                "true", "false", "true",
            ]
        )
    }

    @Test(
        "What is no event is a dead letter that says why, and holds the record",
        arguments: [RecordFormat.csv, .ndjson]
    )
    func rejected(format: RecordFormat) async throws {
        let folder = try DropFolder.events(clicks, format)
        if format == .csv {
            try folder.put(
                "user_id,event,timestamp,x\n,view,2024-01-01,\nu,view,soon,1\nu,view,,\nu,view,0999-01-01,\nu,ok,2024-01-01,\n",
                as: "a"
            )
        } else {
            try folder.put(
                """
                {"event":"view","timestamp":"2024-01-01"}
                {"user_id":"u","event":"view","timestamp":"soon","x":1}
                {"user_id":"u","event":"view","timestamp":null}
                {"user_id":"u","event":"view","timestamp":"0999-01-01"}
                {"user_id":"u","event":"ok","timestamp":"2024-01-01"}

                """,
                as: "a"
            )
        }
        let report = try await folder.run()
        #expect(report.accepted == 1 && report.rejected == 4)
        let moment = "occurred_at: there is no moment in it"
        #expect(
            try await folder.reasons() == [
                "it has neither anonymous_id nor user_id", moment, moment,
                "occurred_at: the moment is not between the years 1900 and 2200",
            ]
        )
        let letter = try await folder.query("SELECT source, file, encoding, raw FROM dead_letters WHERE _row = 2")
        #expect(
            letter == [
                format == .csv
                    ? "files,drop/a,json,\"{\"\"event\"\":\"\"view\"\",\"\"timestamp\"\":\"\"soon\"\",\"\"user_id\"\":\"\"u\"\",\"\"x\"\":\"\"1\"\"}\""
                    : "files,drop/a,text,\"{\"\"user_id\"\":\"\"u\"\",\"\"event\"\":\"\"view\"\",\"\"timestamp\"\":\"\"soon\"\",\"\"x\"\":1}\""
            ]
        )
    }

    @Test("Rows without an id get one from content and position: stable under another name, different for equal rows")
    func identity() async throws {
        let content = "user_id,event,timestamp\nu,view,2024-01-01\nu,view,2024-01-01\n"
        var ids: [[String]] = []
        for name in ["a.csv", "b.csv"] {
            let folder = try DropFolder.events(clicks, .csv)
            try folder.put(content, as: name)
            try await folder.run()
            ids.append(try await folder.query("SELECT event_id FROM event_log ORDER BY _row"))
        }
        #expect(ids[0] == ids[1] && Set(ids[0]).count == 2)
    }

    @Test("Moments without an offset are in the source's zone, others are not")
    func zones() async throws {
        let folder = try DropFolder.events(clicks, .csv, timezone: "America/New_York")
        try folder.put(
            "user_id,event,timestamp\nu,a,2024-07-01 12:00:00\nu,b,2024-01-01 12:00:00\nu,c,2024-07-01T12:00:00Z\nu,d,2024-07-01 12:00:00+0300\n",
            as: "a"
        )
        try await folder.run()
        #expect(
            try await folder.query("SELECT occurred_at FROM event_log ORDER BY _row") == [
                "2024-07-01 16:00:00+00", "2024-01-01 17:00:00+00", "2024-07-01 12:00:00+00", "2024-07-01 09:00:00+00",
            ]
        )
    }

    @Test("A web server's log becomes events")
    func accessLog() async throws {
        var options = IngestionOptions(
            target: .events(
                mapping([
                    "anonymous_id": .hash(["remote_addr", "user_agent"]), "occurred_at": .field("time"),
                    "name": .constant("request"),
                    "type": .constant("page"), "page_path": .field("path"), "referrer": .field("referrer"),
                    "ip": .field("remote_addr"),
                ])
            ),
            format: .lines
        )
        options.pattern = LinePattern("combined")
        let folder = try DropFolder(options)
        try folder.put(
            """
            1.2.3.4 - - [17/May/2015:10:05:03 +0200] "GET /a?b=c HTTP/1.1" 200 203023 "-" "Mozilla \\"x\\""
            1.2.3.4 - bob [17/May/2015:10:05:04 +0000] "\\x16\\x03" 400 - "http://r/" "-"
            nonsense

            """,
            as: "access.log"
        )
        let report = try await folder.run()
        #expect(report.accepted == 2 && report.rejected == 1)
        let rows = try await folder.query(
            "SELECT occurred_at, page_path, referrer, ip, properties FROM event_log ORDER BY _row"
        )
        #expect(
            rows == [
                "2015-05-17 08:05:03+00,/a?b=c,,1.2.3.4,\"{\"\"request\"\":\"\"GET /a?b=c HTTP/1.1\"\",\"\"method\"\":\"\"GET\"\",\"\"protocol\"\":\"\"HTTP/1.1\"\",\"\"status\"\":\"\"200\"\",\"\"bytes\"\":\"\"203023\"\"}\"",
                "2015-05-17 10:05:04+00,,http://r/,1.2.3.4,\"{\"\"remote_user\"\":\"\"bob\"\",\"\"request\"\":\"\"\\\\x16\\\\x03\"\",\"\"status\"\":\"\"400\"\"}\"",
            ]
        )
    }

    @Test("A Parquet file becomes events")
    func parquet() async throws {
        let folder = try DropFolder.events(clicks, .parquet, timezone: "Europe/Warsaw")
        try await folder.putParquet(
            "SELECT 5 AS user_id, 'view' AS event, TIMESTAMPTZ '2024-01-01 10:00:00.5+00' AS timestamp, 1.5 AS price, [1, 2] AS list",
            as: "a.parquet"
        )
        #expect(try await folder.run().accepted == 1)
        #expect(
            try await folder.query("SELECT anonymous_id, occurred_at, properties FROM event_log")
                == ["5,2024-01-01 10:00:00.5+00,\"{\"\"price\"\":\"\"1.5\"\",\"\"list\"\":\"\"[1, 2]\"\"}\""]
        )
    }

    @Test("Names of columns can be anything")
    func oddNames() async throws {
        let folder = try DropFolder.events(
            mapping([
                "user_id": .field("User ID"), "occurred_at": .field("time's \"up\""), "x') --": .field("a;b"),
                "millrace_row": .field("file"),
            ]),
            .csv
        )
        try folder.put(
            "User ID,\"time's \"\"up\"\"\",a;b,file,\"]) --\n\",path,_row\nu,2024-01-01,1,2,3,4,5\n",
            as: "a"
        )
        #expect(try await folder.run().accepted == 1)
        #expect(
            try await folder.query("SELECT user_id, replace(properties, '\\n', '/') AS p FROM event_log") == [
                "u,\"{\"\"]) --/\"\":\"\"3\"\",\"\"path\"\":\"\"4\"\",\"\"_row\"\":\"\"5\"\",\"\"x') --\"\":\"\"1\"\",\"\"millrace_row\"\":\"\"2\"\"}\""
            ]
        )
    }
}
