import PipelineCore
import Processing
import Testing

@Suite struct ClickstreamCountsTests {
    @Test(
        "A person's first channel is of the first session of all devices, place and device of the latest that has one"
    )
    func users() async throws {
        let run = try await ClickstreamRun(
            [
                TestEvent(
                    "1",
                    at: "2026-03-02 10:00:00",
                    visitor: "b",
                    user: "u",
                    ["referrer": "https://blog.example/", "traits": "{\"a\":1}"]
                ),
                TestEvent(
                    "2",
                    at: "2026-03-01 10:00:00",
                    visitor: "a",
                    user: "u",
                    ["country": "PL", "traits": "{\"a\":0}"]
                ),
                TestEvent(
                    "3",
                    at: "2026-03-03 10:00:00",
                    visitor: "a",
                    ["country": "DE", "device_category": "tablet", "traits": "{}"]
                ),
                .page("4", at: "2026-03-04 10:00:00", visitor: "b", path: "/", ["referrer": "https://google.com/"]),
                TestEvent("5", at: "2026-03-04 10:00:30", visitor: "b", name: "purchase"),
            ],
            options: ClickstreamOptions(conversions: ["purchase"])
        )
        #expect(
            try await run.rows("SELECT * FROM users") == [
                "u,u,2,2026-03-01 10:00:00+00,2026-03-04 10:00:30+00,4,5,1,1,Direct,,DE,tablet,\"{\"\"a\"\":1}\""
            ]
        )
    }

    @Test("Days without events have a row; rolling users count everybody once")
    func days() async throws {
        let run = try await ClickstreamRun([
            TestEvent("1", at: "2026-03-01 10:00:00", visitor: "a"),
            TestEvent("2", at: "2026-03-01 11:00:00", visitor: "b"),
            TestEvent("3", at: "2026-03-03 10:00:00", visitor: "a"),
            TestEvent("4", at: "2026-03-10 10:00:00", visitor: "c"),
        ])
        let rows = try await run.rows(
            "SELECT date, active_users, new_users, returning_users, sessions, engagement_rate, wau, mau, stickiness FROM daily_metrics ORDER BY 1"
        )
        #expect(
            rows == [
                "2026-03-01,2,2,0,2,0.0,2,2,1.0", "2026-03-02,0,0,0,0,,2,2,0.0", "2026-03-03,1,0,1,1,0.0,2,2,0.5",
                "2026-03-04,0,0,0,0,,2,2,0.0", "2026-03-05,0,0,0,0,,2,2,0.0", "2026-03-06,0,0,0,0,,2,2,0.0",
                "2026-03-07,0,0,0,0,,2,2,0.0", "2026-03-08,0,0,0,0,,1,2,0.0", "2026-03-09,0,0,0,0,,1,2,0.0",
                "2026-03-10,1,1,0,1,0.0,1,3,0.3333333333333333",
            ]
        )
    }

    @Test("Rolling users are what counting each window would give")
    func rolling() async throws {
        let options = ClickstreamOptions(timezone: "Europe/Warsaw")
        let run = try await ClickstreamRun(
            RandomEvents(seed: 11).events(40),
            userAgents: RandomEvents.userAgents,
            options: options
        )
        let wrong = try await run.rows(
            """
            SELECT d.date FROM daily_metrics AS d
            LEFT JOIN events AS e ON NOT e.is_bot AND e.event_date BETWEEN d.date - 29 AND d.date
            GROUP BY d.date, d.wau, d.mau
            HAVING d.mau <> count(DISTINCT e.person_id)
              OR d.wau <> count(DISTINCT CASE WHEN e.event_date > d.date - 7 THEN e.person_id END)
            """
        )
        #expect(wrong == [])
        #expect(try await run.rows("SELECT count(*) > 40 AND sum(mau) > sum(wau) AS ok FROM daily_metrics") == ["true"])
    }

    @Test("Every count of a dataset adds up to the same total")
    func totals() async throws {
        let run = try await ClickstreamRun(RandomEvents(seed: 5).events(400), userAgents: RandomEvents.userAgents)
        let events = try await run.rows(
            """
            SELECT (SELECT count(*) FROM events WHERE NOT is_bot) AS a, (SELECT sum(events) FROM event_counts) AS b,
              (SELECT sum(events) FROM daily_metrics) AS c
            """
        )
        let parts = try #require(events.first).split(separator: ",")
        #expect(Set(parts).count == 1)
        let sessions = try await run.rows(
            """
            SELECT (SELECT count(*) FROM sessions) AS a, (SELECT sum(sessions) FROM daily_metrics) AS b,
              (SELECT sum(sessions) FROM acquisition) AS c, (SELECT sum(sessions) FROM geography) AS d,
              (SELECT sum(sessions) FROM devices) AS e, (SELECT sum(session_count) FROM users) AS f,
              (SELECT sum(transitions) FROM paths WHERE to_name = '(exit)') AS g,
              (SELECT count(DISTINCT session_id) FROM events) AS h
            """
        )
        #expect(Set(try #require(sessions.first).split(separator: ",")).count == 1)
        let people = try await run.rows(
            """
            SELECT (SELECT count(*) FROM users) AS a, (SELECT sum(new_users) FROM daily_metrics) AS b,
              (SELECT sum(new_users) FROM acquisition) AS c,
              (SELECT sum(cohort_users) FROM retention WHERE week = 0) AS d
            """
        )
        #expect(Set(try #require(people.first).split(separator: ",")).count == 1)
    }

    @Test("Event names are counted by day; those without a name together")
    func eventCounts() async throws {
        let run = try await ClickstreamRun([
            TestEvent("1", at: "2026-03-01 10:00:00", visitor: "a", name: "x"),
            TestEvent("2", at: "2026-03-01 12:00:00", visitor: "a", name: "x"),
            TestEvent("3", at: "2026-03-01 12:00:00", visitor: "b", name: "x"),
            TestEvent("4", at: "2026-03-01 12:00:00", visitor: "b", name: nil),
        ])
        let rows = try await run.rows("SELECT * FROM event_counts ORDER BY name NULLS LAST")
        #expect(rows == ["2026-03-01,x,3,2,3", "2026-03-01,,1,1,1"])
    }

    @Test("Acquisition, places and devices count whole sessions by the day of their start")
    func dimensions() async throws {
        let news = ["campaign_source": "news", "campaign_medium": "email", "campaign_name": "may"]
        let run = try await ClickstreamRun(
            [
                TestEvent(
                    "1",
                    at: "2026-03-01 10:00:00",
                    visitor: "a",
                    news.merging(["country": "PL", "city": "Łódź"]) { $1 }
                ),
                TestEvent("2", at: "2026-03-01 10:05:00", visitor: "a", name: "purchase"),
                TestEvent("3", at: "2026-03-01 10:06:00", visitor: "a", name: "purchase"),
                TestEvent(
                    "4",
                    at: "2026-03-01 15:00:00",
                    visitor: "a",
                    news.merging(["country": "PL", "city": "Łódź"]) { $1 }
                ),
                TestEvent(
                    "5",
                    at: "2026-03-01 15:00:00",
                    visitor: "b",
                    ["os_name": "Linux", "browser_name": "Firefox"]
                ),
            ],
            options: ClickstreamOptions(conversions: ["purchase"])
        )
        #expect(
            try await run.rows("SELECT * FROM acquisition ORDER BY channel DESC") == [
                "2026-03-01,Email,news,email,may,1,1,2,1,2,0.5", "2026-03-01,Direct,,,,1,1,1,0,0,0.0",
            ]
        )
        #expect(
            try await run.rows("SELECT * FROM geography ORDER BY country NULLS LAST") == [
                "2026-03-01,PL,,Łódź,1,2,4,2", "2026-03-01,,,,1,1,1,0",
            ]
        )
        #expect(
            try await run.rows("SELECT * FROM devices ORDER BY os_name NULLS LAST") == [
                "2026-03-01,,Linux,Firefox,1,1,1,0", "2026-03-01,,,,1,2,4,2",
            ]
        )
    }

    @Test("Retention has every cohort's every week to the last of the data, zero or not")
    func retention() async throws {
        let run = try await ClickstreamRun(
            [
                TestEvent("1", at: "2026-03-01 22:59:59", visitor: "a"),  // Sunday in Warsaw
                TestEvent("2", at: "2026-03-01 23:00:00", visitor: "b"),  // Monday in Warsaw
                TestEvent("3", at: "2026-03-08 12:00:00", visitor: "b"),
                TestEvent("4", at: "2026-03-16 12:00:00", visitor: "b"),
                TestEvent("5", at: "2026-03-16 12:00:00", visitor: "c"),
                TestEvent("6", at: "2026-03-05 12:00:00", visitor: "d"),
            ],
            options: ClickstreamOptions(timezone: "Europe/Warsaw")
        )
        #expect(
            try await run.rows("SELECT * FROM retention ORDER BY 1, 2") == [
                "2026-02-23,0,1,1,1.0", "2026-02-23,1,1,0,0.0", "2026-02-23,2,1,0,0.0", "2026-02-23,3,1,0,0.0",
                "2026-03-02,0,2,2,1.0", "2026-03-02,1,2,0,0.0", "2026-03-02,2,2,1,0.5", "2026-03-16,0,1,1,1.0",
            ]
        )
    }

    @Test("Paths lead from (start) through page paths and names to (exit), within sessions only")
    func paths() async throws {
        let run = try await ClickstreamRun([
            .page("1", at: "2026-03-01 10:00:00", visitor: "a", path: "/"),
            TestEvent("2", at: "2026-03-01 10:01:00", visitor: "a", name: "search"),
            TestEvent("3", at: "2026-03-01 10:02:00", visitor: "a", name: "search"),
            TestEvent("4", at: "2026-03-01 12:00:00", visitor: "a", name: "search"),
            .page("5", at: "2026-03-01 10:00:00", visitor: "b", path: "/"),
            TestEvent("6", at: "2026-03-01 10:01:00", visitor: "b", name: nil, type: "group"),
        ])
        #expect(
            try await run.rows("SELECT * FROM paths ORDER BY 1, 2") == [
                "(start),/,2,2", "(start),search,1,1", "/,search,1,1", "/,,1,1", "search,(exit),2,1",
                "search,search,1,1",
                ",(exit),1,1",
            ]
        )
    }
}
