import PipelineCore
import Processing
import Testing

@Suite struct ClickstreamSessionsTests {
    @Test("A gap of exactly session_gap does not end a session, a microsecond more does")
    func gap() async throws {
        let run = try await ClickstreamRun([
            TestEvent("1", at: "2026-03-02 10:00:00"),
            TestEvent("2", at: "2026-03-02 10:30:00"),
            TestEvent("3", at: "2026-03-02 11:00:00.000001"),
        ])
        let rows = try await run.rows(
            "SELECT session_number, started_at, ended_at, duration_seconds, event_count FROM sessions ORDER BY 1"
        )
        #expect(
            rows == [
                "1,2026-03-02 10:00:00+00,2026-03-02 10:30:00+00,1800.0,2",
                "2,2026-03-02 11:00:00.000001+00,2026-03-02 11:00:00.000001+00,0.0,1",
            ]
        )
    }

    @Test("Sessions are a visitor's; two devices of a person have their own, and events without a visitor have none")
    func visitors() async throws {
        let run = try await ClickstreamRun([
            TestEvent("1", at: "2026-03-02 10:00:00", visitor: "a", user: "u"),
            TestEvent("2", at: "2026-03-02 10:01:00", visitor: "b", user: "u"),
            TestEvent("3", at: "2026-03-02 10:02:00", visitor: "a"),
            TestEvent("4", at: "2026-03-02 10:02:00", visitor: ""),
            TestEvent("5", at: "2026-03-02 10:02:00", visitor: ""),
        ])
        let rows = try await run.rows(
            "SELECT visitor_id, person_id, user_id, session_number, event_count FROM sessions ORDER BY 1"
        )
        #expect(rows == ["a,u,u,1,2", "b,u,u,1,1"])
        let days = try await run.rows("SELECT events, active_users, sessions FROM daily_metrics")
        #expect(days == ["5,1,2"])
        let counts = try await run.rows("SELECT events, users, sessions FROM event_counts")
        #expect(counts == ["5,1,2"])
        let unplaced = try await run.rows("SELECT event_id FROM events WHERE session_id IS NULL ORDER BY 1")
        #expect(unplaced == ["4", "5"])
    }

    @Test("A session's id hangs on its visitor and start alone, and events carry it")
    func identity() async throws {
        let event = TestEvent("1", at: "2026-03-02 10:00:00", visitor: "a")
        let query = "SELECT session_id FROM sessions WHERE visitor_id = 'a' ORDER BY started_at"
        let alone = try await ClickstreamRun([event]).rows(query)
        let run = try await ClickstreamRun([
            event, TestEvent("2", at: "2026-03-02 10:10:00", visitor: "a"),
            TestEvent("3", at: "2026-03-02 12:10:00", visitor: "a"),
            TestEvent("4", at: "2026-03-02 10:00:00", visitor: "b"),
        ])
        let sessions = try await run.rows(query)
        #expect(sessions.first == alone.first && alone.first?.count == 32)
        #expect(try await run.rows("SELECT count(DISTINCT session_id) AS n FROM sessions") == ["3"])
        let carried = try await run.rows("SELECT session_id FROM events WHERE visitor_id = 'a' ORDER BY event_id")
        #expect(carried == [sessions[0], sessions[0], sessions[1]])
    }

    @Test("Events of one moment are ordered by arrival, then row, then id")
    func ties() async throws {
        let time = "2026-03-02 10:00:00"
        let run = try await ClickstreamRun([
            .page(
                "4",
                at: time,
                path: "/last",
                ["received_at": "2026-03-02 10:00:01+00", "_row": "1", "source": "s4"]
            ),
            .page("3", at: time, path: "/third", ["_row": "2", "source": "s3"]),
            .page("2", at: time, path: "/second", ["_row": "1", "source": "s2"]),
            .page("1", at: time, path: "/first", ["_row": "1", "source": "s1"]),
        ])
        #expect(try await run.rows("SELECT entry_page, exit_page, source FROM sessions") == ["/first,/last,s1"])
        let steps = try await run.rows("SELECT from_name, to_name FROM paths ORDER BY 1, 2")
        #expect(steps == ["(start),/first", "/first,/second", "/last,(exit)", "/second,/third", "/third,/last"])
    }

    @Test("A session is engaged by 10 seconds, 2 page views or a conversion; else it bounced")
    func engagement() async throws {
        let run = try await ClickstreamRun(
            [
                .page("a", at: "2026-03-02 10:00:00", visitor: "a", path: "/"),
                TestEvent("a2", at: "2026-03-02 10:00:09.999999", visitor: "a"),
                TestEvent("b", at: "2026-03-02 10:00:00", visitor: "b"),
                TestEvent("b2", at: "2026-03-02 10:00:10", visitor: "b"),
                .page("c", at: "2026-03-02 10:00:00", visitor: "c", path: "/"),
                TestEvent("c2", at: "2026-03-02 10:00:00", visitor: "c", type: "screen"),
                TestEvent("d", at: "2026-03-02 10:00:00", visitor: "d", name: "purchase"),
                TestEvent("e", at: "2026-03-02 10:00:00", visitor: "e", name: nil),
            ],
            options: ClickstreamOptions(conversions: ["purchase", "subscribe"])
        )
        let rows = try await run.rows(
            "SELECT visitor_id, page_view_count, conversion_count, is_engaged, is_bounce FROM sessions ORDER BY 1"
        )
        #expect(
            rows == [
                "a,1,0,false,true", "b,0,0,true,false", "c,2,0,true,false", "d,0,1,true,false", "e,0,0,false,true",
            ]
        )
        let day = try await run.rows(
            "SELECT sessions, engaged_sessions, engagement_rate, bounce_rate, converting_sessions, conversion_rate FROM daily_metrics"
        )
        #expect(day == ["5,3,0.6,0.4,1,0.2"])
    }

    @Test("Entry and exit are the first and last page view's path, else name; a session without one has neither")
    func pages() async throws {
        let run = try await ClickstreamRun([
            TestEvent("1", at: "2026-03-02 10:00:00", visitor: "a"),
            TestEvent("2", at: "2026-03-02 10:01:00", visitor: "a", name: "Home", type: "screen"),
            .page("3", at: "2026-03-02 10:02:00", visitor: "a", path: "/b"),
            TestEvent("4", at: "2026-03-02 10:03:00", visitor: "a"),
            TestEvent("5", at: "2026-03-02 10:00:00", visitor: "b"),
            TestEvent("6", at: "2026-03-02 10:00:00", visitor: "c", name: nil, type: "page"),
            .page("7", at: "2026-03-02 10:01:00", visitor: "c", path: "/c"),
        ])
        let sessions = try await run.rows("SELECT visitor_id, entry_page, exit_page FROM sessions ORDER BY 1")
        #expect(sessions == ["a,Home,/b", "b,,", "c,,/c"])
        let pages = try await run.rows("SELECT page_path, page_views, users, entries, exits FROM pages ORDER BY 1")
        #expect(pages == ["/b,1,1,0,1", "/c,1,1,0,1", "Home,1,1,1,0", ",1,1,1,0"])
    }

    @Test("Referrer, channel and campaign come from the first event with an origin")
    func origin() async throws {
        let own = ["page_url": "https://www.shop.example/a", "referrer": "https://shop.example/b"]
        let run = try await ClickstreamRun([
            // Internal first, then a campaign, then another one.
            TestEvent("1", at: "2026-03-02 10:00:00", visitor: "a", own),
            TestEvent(
                "2",
                at: "2026-03-02 10:01:00",
                visitor: "a",
                ["page_url": "https://shop.example/?utm_source=news&utm_medium=email"]
            ),
            TestEvent(
                "3",
                at: "2026-03-02 10:02:00",
                visitor: "a",
                ["campaign_name": "c", "referrer": "https://google.com/"]
            ),
            // Nothing but internal referrers.
            TestEvent("4", at: "2026-03-02 10:00:00", visitor: "b", own),
            // An external referrer without an own page; the campaign comes too late.
            TestEvent("5", at: "2026-03-02 10:00:00", visitor: "c", ["referrer": "https://www.Blog.example:443/x"]),
            TestEvent(
                "6",
                at: "2026-03-02 10:01:00",
                visitor: "c",
                ["campaign_source": "news", "campaign_medium": "email"]
            ),
            // The source knows.
            TestEvent("7", at: "2026-03-02 10:00:00", visitor: "d", own.merging(["channel": "Radio"]) { $1 }),
            TestEvent("8", at: "2026-03-02 10:01:00", visitor: "d", ["referrer": "https://google.com/"]),
        ])
        let rows = try await run.rows(
            "SELECT visitor_id, referrer, channel, campaign_source, campaign_medium, campaign_name FROM sessions ORDER BY 1"
        )
        #expect(
            rows == [
                "a,,Email,news,email,", "b,,Direct,,,", "c,https://www.Blog.example:443/x,Referral,,,",
                "d,https://shop.example/b,Radio,,,",
            ]
        )
        let events = try await run.rows("SELECT event_id, channel FROM events ORDER BY 1")
        #expect(
            events == [
                "1,", "2,Email", "3,Organic Search", "4,", "5,Referral", "6,Email", "7,Radio", "8,Organic Search",
            ]
        )
    }

    @Test("Place, device, system and browser come from the first event that has each")
    func attributes() async throws {
        let run = try await ClickstreamRun([
            TestEvent("1", at: "2026-03-02 10:00:00", ["os_name": "Linux"]),
            TestEvent(
                "2",
                at: "2026-03-02 10:01:00",
                ["country": "PL", "device_category": "desktop", "os_name": "Haiku"]
            ),
            TestEvent(
                "3",
                at: "2026-03-02 10:02:00",
                ["country": "DE", "region": "DE-BE", "city": "Berlin", "browser_name": "Firefox"]
            ),
        ])
        let rows = try await run.rows(
            "SELECT country, region, city, device_category, os_name, browser_name FROM sessions"
        )
        #expect(rows == ["PL,,,desktop,Linux,Firefox"])
    }

    @Test("A session over midnight belongs to the day of its start; its events to their own")
    func midnight() async throws {
        let run = try await ClickstreamRun(
            [
                TestEvent("1", at: "2026-03-28 22:50:00", ["country": "PL"]),  // 23:50 in Warsaw
                .page("2", at: "2026-03-28 23:10:00", path: "/late"),
                TestEvent("3", at: "2026-03-28 23:20:00", name: "purchase"),
            ],
            options: ClickstreamOptions(conversions: ["purchase"], timezone: "Europe/Warsaw")
        )
        #expect(try await run.rows("SELECT session_date, duration_seconds FROM sessions") == ["2026-03-28,1800.0"])
        let days = try await run.rows(
            """
            SELECT date, active_users, new_users, returning_users, sessions, avg_session_seconds, events, page_views,
              conversions, converting_sessions, conversion_rate FROM daily_metrics ORDER BY 1
            """
        )
        #expect(days == ["2026-03-28,1,1,0,1,1800.0,1,0,0,1,1.0", "2026-03-29,1,0,1,0,,2,1,1,0,"])
        let pages = try await run.rows("SELECT * FROM pages ORDER BY 1")
        #expect(pages == ["2026-03-28,/late,0,0,1,1", "2026-03-29,/late,1,1,0,0"])
        #expect(try await run.rows("SELECT * FROM geography") == ["2026-03-28,PL,,,1,1,3,1"])
    }
}
