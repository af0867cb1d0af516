import PipelineCore
import Processing
import Testing

@Suite struct ClickstreamEventsTests {
    @Test("Of an event received twice the earliest received stays; then the file's id, then the row decide")
    func duplicates() async throws {
        let run = try await ClickstreamRun([
            TestEvent("a", at: "2026-03-02 10:00:00", name: "late", ["received_at": "2026-03-02 10:00:09+00"]),
            TestEvent("a", at: "2026-03-02 10:00:05", name: "early", ["received_at": "2026-03-02 10:00:06+00"]),
            TestEvent("b", at: "2026-03-02 10:00:00", name: "f2", ["_file_id": "f2", "_row": "1"]),
            TestEvent("b", at: "2026-03-02 10:00:00", name: "f1 row 10", ["_file_id": "f1", "_row": "10"]),
            TestEvent("b", at: "2026-03-02 10:00:00", name: "f1 row 9", ["_file_id": "f1", "_row": "9"]),
            TestEvent("c", at: "2026-03-02 10:00:00", name: "twice the same", ["_row": "5"]),
            TestEvent("c", at: "2026-03-02 10:00:00", name: "twice the same", ["_row": "5"]),
            TestEvent("d", at: "2026-03-02 10:00:00", name: "once"),
        ])
        let rows = try await run.rows("SELECT event_id, name FROM events ORDER BY event_id")
        #expect(rows == ["a,early", "b,f1 row 9", "c,twice the same", "d,once"])
        #expect(try await run.rows("SELECT event_count FROM sessions") == ["4"])
    }

    @Test("A visitor is the anonymous id, else the user id; a person is the visitor's latest user id by time")
    func persons() async throws {
        let run = try await ClickstreamRun([
            TestEvent("1", at: "2026-03-02 10:00:00", visitor: "phone"),
            // Received first, yet the later one in time.
            TestEvent("2", at: "2026-03-04 10:00:00", visitor: "phone", user: "ann"),
            TestEvent(
                "3",
                at: "2026-03-03 10:00:00",
                visitor: "phone",
                user: "guest",
                ["received_at": "2026-03-09 10:00:00+00"]
            ),
            TestEvent("4", at: "2026-03-05 10:00:00", visitor: "phone"),
            TestEvent("5", at: "2026-03-02 10:00:00", visitor: "", user: "ann"),
            TestEvent("6", at: "2026-03-02 10:00:00", visitor: "tablet"),
            TestEvent("7", at: "2026-03-02 10:00:00", visitor: ""),
        ])
        let rows = try await run.rows("SELECT event_id, visitor_id, person_id, user_id FROM events ORDER BY event_id")
        #expect(
            rows == [
                "1,phone,ann,", "2,phone,ann,ann", "3,phone,ann,guest", "4,phone,ann,", "5,ann,ann,ann",
                "6,tablet,tablet,", "7,,,",
            ]
        )
        let users = try await run.rows("SELECT person_id, user_id, visitor_count, event_count FROM users ORDER BY 1")
        #expect(users == ["ann,ann,2,5", "tablet,,1,1"])
    }

    @Test(
        "Among user ids of one moment the later received, then the later row, then the greater event id is the latest"
    )
    func personTies() async throws {
        let time = "2026-03-02 10:00:00"
        let run = try await ClickstreamRun([
            TestEvent("1", at: time, visitor: "a", user: "x", ["received_at": "2026-03-02 10:00:02+00"]),
            TestEvent("2", at: time, visitor: "a", user: "y", ["received_at": "2026-03-02 10:00:01+00"]),
            TestEvent("3", at: time, visitor: "b", user: "x", ["_row": "2"]),
            TestEvent("4", at: time, visitor: "b", user: "y", ["_row": "1"]),
            TestEvent("6", at: time, visitor: "c", user: "x", ["_row": "1"]),
            TestEvent("5", at: time, visitor: "c", user: "y", ["_row": "1"]),
        ])
        #expect(
            try await run.rows("SELECT DISTINCT visitor_id, person_id FROM events ORDER BY 1") == ["a,x", "b,x", "c,x"]
        )
    }

    @Test("What the source says wins over what is looked up")
    func enrichment() async throws {
        let run = try await ClickstreamRun(
            [
                TestEvent("1", at: "2026-03-02 10:00:00", ["user_agent": "ua", "ip": "192.0.2.1"]),
                TestEvent(
                    "2",
                    at: "2026-03-02 10:00:00",
                    ["user_agent": "ua", "ip": "192.0.2.1", "os_name": "Haiku", "city": "Praga"]
                ),
                TestEvent("3", at: "2026-03-02 10:00:00", ["user_agent": "unknown", "ip": "unknown"]),
            ],
            userAgents: [
                [
                    "user_agent": "ua", "device_category": "mobile", "device_brand": "B", "device_model": "M",
                    "os_name": "Android",
                    "os_version": "15", "browser_name": "Chrome", "browser_version": "140", "is_bot": "false",
                    "parser_version": "1",
                ]
            ],
            addresses: [
                ["ip": "192.0.2.1", "country": "PL", "region": "PL-14", "city": "Warsaw", "database_version": "1"]
            ]
        )
        let rows = try await run.rows(
            """
            SELECT device_category, device_brand, device_model, os_name, os_version, browser_name, browser_version,
              country, region, city, is_bot FROM events ORDER BY event_id
            """
        )
        #expect(
            rows == [
                "mobile,B,M,Android,15,Chrome,140,PL,PL-14,Warsaw,false",
                "mobile,B,M,Haiku,,Chrome,140,,,Praga,false",
                ",,,,,,,,,,false",
            ]
        )
    }

    @Test(
        "The path comes from the address where the source gives none",
        arguments: [
            ("https://shop.example/a/b.html?x=1#y", "/a/b.html"), ("https://shop.example", "/"),
            ("https://shop.example?x=/no", "/"), ("https://u:p@shop.example:8080/a%20b", "/a%20b"),
            ("/cart?x=1", "/cart"),
            ("//shop.example/a//b", "/a//b"), ("https://shop.example#/route", "/"),
            ("android-app://com.example/home", "/home"), ("//shop.example", "/"), ("//shop.example?x=/no", "/"),
            ("https://shop.example//a", "//a"), ("/", "/"), ("mailto:a@b.example", ""), ("about:blank", ""),
            ("a/b", ""),
        ]
    )
    func pagePath(address: String, path: String) async throws {
        let run = try await ClickstreamRun([
            TestEvent("1", at: "2026-03-02 10:00:00", ["page_url": address]),
            TestEvent("2", at: "2026-03-02 10:00:00", ["page_url": address, "page_path": "/given"]),
        ])
        let rows = try await run.rows("SELECT event_id, page_path FROM events ORDER BY event_id")
        #expect(rows == ["1,\(path)", "2,/given"])
    }

    @Test("Campaigns come from the address where the source gives none, decoded, and nothing malformed fails")
    func campaign() async throws {
        let address =
            "https://s.example/?a=b&utm_source=news+letter&utm_medium=e%2Dmail&utm_campaign=%C5%BC%C3%B3%C5%82w%2C%20%26&utm_term=&utm_content=%zz%"
        let run = try await ClickstreamRun([
            TestEvent("1", at: "2026-03-02 10:00:00", ["page_url": address]),
            TestEvent("2", at: "2026-03-02 10:00:00", ["page_url": address, "campaign_source": "given"]),
            TestEvent(
                "3",
                at: "2026-03-02 10:00:00",
                ["page_url": "https://s.example/?utm_source=%ff%00&xutm_medium=no#?utm_term=no"]
            ),
            TestEvent(
                "4",
                at: "2026-03-02 10:00:00",
                ["page_url": "https://s.example/?utm_source=one&utm_source=two&utm_medium&utm_medium=no&utm_termx=no"]
            ),
        ])
        let rows = try await run.rows(
            """
            SELECT campaign_source, campaign_medium, campaign_name, campaign_term, campaign_content
            FROM events ORDER BY event_id
            """
        )
        #expect(
            rows == [
                "news letter,e-mail,\"żółw, &\",,%zz%", "given,e-mail,\"żółw, &\",,%zz%", "%ff%00,,,,", "one,,,,",
            ]
        )
    }

    @Test("Days are those of the reporting time zone, also when the clocks change")
    func days() async throws {
        let times = [
            "2026-03-01 22:59:59", "2026-03-01 23:00:00", "2026-03-28 22:59:59", "2026-03-28 23:00:00",
            "2026-03-29 21:59:59",
            "2026-03-29 22:00:00", "2026-10-24 22:00:00", "2026-10-25 22:59:59", "2026-10-25 23:00:00",
        ]
        let run = try await ClickstreamRun(
            times.enumerated().map { TestEvent("\($0)", at: $1) },
            options: ClickstreamOptions(timezone: "Europe/Warsaw")
        )
        let rows = try await run.rows("SELECT event_date FROM events ORDER BY event_id")
        #expect(
            rows == [
                "2026-03-01", "2026-03-02", "2026-03-28", "2026-03-29", "2026-03-29", "2026-03-30", "2026-10-25",
                "2026-10-25",
                "2026-10-26",
            ]
        )
        #expect(try await run.rows("SELECT count(*) AS n FROM daily_metrics WHERE events = 0") == ["233"])
    }

    @Test("Bots stay among the events, without a session, and count nowhere else")
    func bots() async throws {
        let events = [
            TestEvent.page("1", at: "2026-03-02 10:00:00", visitor: "crawler", path: "/", ["user_agent": "bot"]),
            TestEvent(
                "2",
                at: "2026-03-02 10:01:00",
                visitor: "crawler",
                name: "purchase",
                ["user_agent": "bot", "traits": "{\"a\":1}"]
            ),
        ]
        let bots = [["user_agent": "bot", "is_bot": "true", "parser_version": "1"]]
        let options = ClickstreamOptions(
            conversions: ["purchase"],
            funnels: [.init(name: "f", steps: ["purchase"], within: .seconds(1))]
        )
        let run = try await ClickstreamRun(events, userAgents: bots, options: options)
        let kept = try await run.rows("SELECT event_id, person_id, session_id, is_bot FROM events ORDER BY 1")
        #expect(kept == ["1,crawler,,true", "2,crawler,,true"])
        for table in run.tables where !["events", "funnels"].contains(table.name) {
            #expect(try await run.rows("SELECT * FROM \(table.name)") == [], "\(table.name)")
        }
        #expect(try await run.rows("SELECT users FROM funnels") == ["0"])
    }

    @Test("Nothing depends on the order in which rows are stored")
    func order() async throws {
        let events = RandomEvents(seed: 3).events(300)
        let options = ClickstreamOptions(
            conversions: ["purchase"],
            funnels: [.init(name: "f", steps: ["view", "cart", "view"], within: .seconds(86_400))],
            timezone: "Europe/Warsaw"
        )
        let run = try await ClickstreamRun(events, userAgents: RandomEvents.userAgents, options: options)
        let reversed = try await ClickstreamRun(
            events.reversed(),
            userAgents: RandomEvents.userAgents,
            options: options
        )
        for table in run.tables {
            let query = "SELECT * FROM \(table.name) ORDER BY ALL"
            let rows = try await run.rows(query)
            #expect(try await reversed.rows(query) == rows, "\(table.name)")
            #expect(!rows.isEmpty)
        }
    }
}
