import PipelineCore
import Processing
import Testing

@Suite struct ClickstreamDefinitionTests {
    /// The contract's columns, in order; `:b` BIGINT, `:d` DOUBLE, `:i` INTEGER, `:t` TIMESTAMPTZ, `:day` DATE,
    /// `:f` BOOLEAN, else VARCHAR.
    static let contract: [(name: String, columns: String)] = [
        (
            "events",
            """
            event_id source type name visitor_id person_id anonymous_id user_id session_id occurred_at:t received_at:t \
            event_date:day page_url page_path page_title referrer campaign_source campaign_medium campaign_name \
            campaign_term campaign_content channel country region city device_category device_brand device_model os_name \
            os_version browser_name browser_version app_name app_version library_name locale client_timezone \
            screen_width:i screen_height:i properties traits context is_bot:f
            """
        ),
        (
            "sessions",
            """
            session_id visitor_id person_id user_id session_number:b session_date:day started_at:t ended_at:t \
            duration_seconds:d event_count:b page_view_count:b conversion_count:b is_engaged:f is_bounce:f entry_page \
            exit_page referrer channel campaign_source campaign_medium campaign_name country region city device_category \
            os_name browser_name source
            """
        ),
        (
            "users",
            """
            person_id user_id visitor_count:b first_seen_at:t last_seen_at:t session_count:b event_count:b \
            page_view_count:b conversion_count:b first_channel first_referrer country device_category traits
            """
        ),
        (
            "daily_metrics",
            """
            date:day active_users:b new_users:b returning_users:b sessions:b engaged_sessions:b engagement_rate:d \
            bounce_rate:d avg_session_seconds:d events:b page_views:b conversions:b converting_sessions:b \
            conversion_rate:d wau:b mau:b stickiness:d
            """
        ),
        ("event_counts", "date:day name events:b users:b sessions:b"),
        ("pages", "date:day page_path page_views:b users:b entries:b exits:b"),
        (
            "acquisition",
            """
            date:day channel campaign_source campaign_medium campaign_name users:b new_users:b sessions:b \
            engaged_sessions:b conversions:b conversion_rate:d
            """
        ),
        ("geography", "date:day country region city users:b sessions:b events:b conversions:b"),
        ("devices", "date:day device_category os_name browser_name users:b sessions:b events:b conversions:b"),
        (
            "funnels",
            "funnel step:b name users:b rate_from_previous:d rate_from_first:d median_seconds_from_previous:d"
        ),
        ("retention", "cohort_week:day week:b cohort_users:b retained_users:b retention_rate:d"),
        ("paths", "from_name to_name transitions:b users:b"),
    ]

    private static let types: [String: DataType] = [
        "b": .bigint, "d": .double, "i": .integer, "t": .timestamptz, "day": .date, "f": .boolean,
    ]
    private static let options = ClickstreamOptions(
        conversions: ["purchase"],
        funnels: [.init(name: "checkout", steps: ["view", "purchase"], within: .seconds(3600))],
        timezone: "Europe/Warsaw"
    )

    private func fields(_ columns: String) -> [Field] {
        columns.split(separator: " ").map { column in
            let parts = column.split(separator: ":")
            return Field(String(parts[0]), parts.count > 1 ? Self.types[String(parts[1])] ?? .varchar : .varchar)
        }
    }

    @Test("The twelve datasets have the contract's columns, and each says what it is")
    func columns() {
        let definitions = ClickstreamModels(Self.options, dialect: PlainDialect()).definitions
        #expect(definitions.map(\.name.rawValue) == Self.contract.map(\.name))
        #expect(definitions.map(\.name) == ClickstreamModels.datasets)
        for (definition, expected) in zip(definitions, Self.contract) {
            #expect(definition.schema.hasSameColumns(as: Schema(fields(expected.columns))), "\(definition.name)")
            #expect(definition.schema.fields.allSatisfy { !$0.description.isEmpty }, "\(definition.name)")
            #expect(!definition.summary.isEmpty)
            #expect(!definition.key.isEmpty && definition.key.allSatisfy(definition.schema.names.contains))
        }
    }

    @Test("Without any event all twelve are there, empty, but for the funnels' steps")
    func empty() async throws {
        let run = try await ClickstreamRun([], options: Self.options)
        for (table, expected) in zip(run.tables, Self.contract) {
            #expect(table.schema.hasSameColumns(as: Schema(fields(expected.columns))))
            let rows = try await run.rows("SELECT * FROM \(table.name)")
            #expect(rows == (table.name == "funnels" ? ["checkout,1,view,0,,,", "checkout,2,purchase,0,,,"] : []))
        }
    }

    @Test("Without a funnel there is a dataset of funnels, without rows")
    func noFunnel() async throws {
        let run = try await ClickstreamRun([TestEvent("e", at: "2026-03-02 10:00:00")])
        #expect(try await run.rows("SELECT * FROM funnels") == [])
        let unfinished = ClickstreamOptions(funnels: [.init(name: "f", steps: [], within: .seconds(1))])
        #expect(try await ClickstreamRun([], options: unfinished).rows("SELECT * FROM funnels") == [])
    }

    @Test("The keys of all datasets are unique, and what cannot be NULL is not")
    func keysAndNulls() async throws {
        let run = try await ClickstreamRun(RandomEvents(seed: 7).events(400), options: Self.options)
        for definition in ClickstreamModels(Self.options, dialect: PlainDialect()).definitions {
            let key = definition.key.joined(separator: ", ")
            let repeated = try await run.rows(
                "SELECT \(key) FROM \(definition.name) GROUP BY \(key) HAVING count(*) > 1"
            )
            #expect(repeated == [], "\(definition.name)")
            for field in definition.schema.fields where !field.isNullable {
                let missing = try await run.rows("SELECT 1 AS n FROM \(definition.name) WHERE \(field.name) IS NULL")
                #expect(missing == [], "\(definition.name).\(field.name)")
            }
        }
    }
}

/// A dialect for what only looks at definitions; it speaks to no engine.
struct PlainDialect: SQLDialect {
    var name: String { "plain" }
    func type(_ type: DataType) -> String { type.description }
    func localDate(_ timestamp: String, zone: String) -> String { "local_date(\(timestamp), \(sqlLiteral(zone)))" }
    func microseconds(_ timestamp: String) -> String { "microseconds(\(timestamp))" }
    func days(from start: String, to end: String) -> String { "days(\(start), \(end))" }
    func date(_ date: String, plusDays days: Int) -> String { "(\(date) + \(days))" }
    func monday(of date: String) -> String { "monday(\(date))" }
    func eachDay(from first: String, through last: String) -> String { "each_day(\(first), \(last))" }
    func eachInteger(from first: String, through last: String) -> String { "each_integer(\(first), \(last))" }
    func matches(_ text: String, pattern: String) -> String { "matches(\(text), \(sqlLiteral(pattern)))" }
    func firstGroup(of pattern: String, in text: String) -> String { "first_group(\(text), \(sqlLiteral(pattern)))" }
    func percentDecoded(_ text: String) -> String { "percent_decoded(\(text))" }
    func sha256(_ text: String) -> String { "sha256(\(text))" }
    func structure(_ members: KeyValuePairs<String, String>) -> String {
        "structure(" + members.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + ")"
    }
    func createTable(_ name: String, as query: String) -> String { "TABLE \(name) AS \(query)" }
    func createView(_ name: String, as query: String) -> String { "VIEW \(name) AS \(query)" }
}
