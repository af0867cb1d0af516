import PipelineCore
import Processing
import Testing

@Suite struct ClickstreamFunnelTests {
    /// Runs one funnel over events written as `name@minute` of one person, and gives users and median by step.
    private func funnel(_ steps: [String], within minutes: Int, _ people: [String]) async throws -> [String] {
        let events = people.enumerated().flatMap { person, text in
            text.split(separator: " ").enumerated().map { index, event in
                let parts = event.split(separator: "@")
                let minute = Int(parts[1]) ?? 0
                let time = "2026-03-02 \(10 + minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60):00"
                return TestEvent(
                    "\(person)-\(index)",
                    at: time,
                    visitor: "p\(person)",
                    name: String(parts[0]),
                    ["_row": "\(index)"]
                )
            }
        }
        let funnel = ClickstreamOptions.Funnel(name: "f", steps: steps, within: .seconds(minutes * 60))
        let run = try await ClickstreamRun(events, options: ClickstreamOptions(funnels: [funnel]))
        return try await run.rows(
            "SELECT step, users, CAST(median_seconds_from_previous / 60 AS DOUBLE) AS m FROM funnels ORDER BY step"
        )
    }

    @Test("Steps must come in order, others may lie between, and the limit holds from step 1, itself included")
    func order() async throws {
        #expect(
            try await funnel(["a", "b", "c"], within: 60, ["a@0 x@1 b@2 c@60"]) == ["1,1,", "2,1,2.0", "3,1,58.0"]
        )
        #expect(try await funnel(["a", "b", "c"], within: 60, ["a@0 b@2 c@61"]) == ["1,1,", "2,1,2.0", "3,0,"])
        #expect(try await funnel(["a", "b", "c"], within: 60, ["b@0 a@1 c@2"]) == ["1,1,", "2,0,", "3,0,"])
    }

    @Test("The attempt that gets furthest counts, the earliest among equals")
    func bestAttempt() async throws {
        // The first a reaches b only: its c is out of time. The second reaches c.
        #expect(
            try await funnel(["a", "b", "c"], within: 10, ["a@0 b@5 a@6 b@8 c@11"]) == ["1,1,", "2,1,2.0", "3,1,3.0"]
        )
        // Both attempts reach the same b; the first took longer, and counts.
        #expect(try await funnel(["a", "b"], within: 10, ["a@0 a@3 b@5"]) == ["1,1,", "2,1,5.0"])
        #expect(try await funnel(["a", "b"], within: 4, ["a@0 a@3 b@5"]) == ["1,1,", "2,1,2.0"])
    }

    @Test("A name may come again: each step takes a later event")
    func repeatedNames() async throws {
        #expect(
            try await funnel(["a", "b", "a"], within: 60, ["a@0 b@1", "a@0 b@1 a@4"]) == ["1,2,", "2,2,1.0", "3,1,3.0"]
        )
        #expect(try await funnel(["a", "a"], within: 60, ["a@0", "a@0 a@7"]) == ["1,2,", "2,1,7.0"])
    }

    @Test("Events of one moment follow each other in the person's order")
    func oneMoment() async throws {
        #expect(try await funnel(["a", "b"], within: 0, ["a@0 b@0"]) == ["1,1,", "2,1,0.0"])
        #expect(try await funnel(["a", "b"], within: 0, ["b@0 a@0"]) == ["1,1,", "2,0,"])
    }

    @Test("The median is interpolated over those who got there")
    func median() async throws {
        #expect(try await funnel(["a", "b"], within: 60, ["a@0 b@1", "a@0 b@4", "a@0"]) == ["1,3,", "2,2,2.5"])
    }

    @Test(
        "Rates are of the step before and of the first; several funnels do not mix; persons, not visitors, go through"
    )
    func rates() async throws {
        let run = try await ClickstreamRun(
            [
                TestEvent("1", at: "2026-03-02 10:00:00", visitor: "phone", user: "u", name: "a"),
                TestEvent("2", at: "2026-03-02 10:05:00", visitor: "laptop", user: "u", name: "b"),
                TestEvent("3", at: "2026-03-02 10:00:00", visitor: "x", name: "a"),
                TestEvent("4", at: "2026-03-02 10:00:00", visitor: "y", name: "o'b"),
                TestEvent("5", at: "2026-03-02 10:00:00", visitor: "", name: "a"),
            ],
            options: ClickstreamOptions(funnels: [
                .init(name: "it's", steps: ["a", "b", "c", "d"], within: .seconds(3600)),
                .init(name: "single", steps: ["o'b"], within: .seconds(3600)),
            ])
        )
        #expect(
            try await run.rows("SELECT * FROM funnels ORDER BY funnel, step") == [
                "it's,1,a,2,,1.0,", "it's,2,b,1,0.5,0.5,300.0", "it's,3,c,0,0.0,0.0,", "it's,4,d,0,,0.0,",
                "single,1,o'b,1,,1.0,",
            ]
        )
    }

    @Test("A walk through each person's events gives the same")
    func walk() async throws {
        // The dataset does not tell the position, so that it must not matter.
        let events = RandomEvents(seed: 23).events(140).map { event in
            var event = event
            event.columns["_row"] = "1"
            return event
        }
        let steps = ["view", "cart", "view", "purchase"]
        let limit = 8 * 86_400
        let run = try await ClickstreamRun(
            events,
            userAgents: RandomEvents.userAgents,
            options: ClickstreamOptions(funnels: [.init(name: "f", steps: steps, within: .seconds(limit))])
        )
        let rows = try await run.rows(
            """
            SELECT person_id, epoch_us(occurred_at) AS time, name FROM events WHERE NOT is_bot AND person_id IS NOT NULL
            ORDER BY person_id, occurred_at, received_at, event_id
            """
        )
        var people: [Substring: [(time: Int, name: Substring)]] = [:]
        for row in rows {
            let parts = row.split(separator: ",", omittingEmptySubsequences: false)
            people[parts[0], default: []].append((Int(parts[1]) ?? 0, parts[2]))
        }
        var reached = [Int](repeating: 0, count: steps.count)
        for events in people.values {
            var best = 0
            for start in events.indices where events[start].name == steps[0] {
                var step = 1
                for event in events[(start + 1)...] where step < steps.count && event.name == steps[step] {
                    guard event.time - events[start].time <= limit * 1_000_000 else { break }
                    step += 1
                }
                best = max(best, step)
            }
            for step in 0..<best { reached[step] += 1 }
        }
        #expect(try await run.rows("SELECT users FROM funnels ORDER BY step") == reached.map(String.init))
        #expect(reached[3] > 0 && reached[3] < reached[0])
    }
}
