import PipelineCore

extension ClickstreamModels {
    var users: Model {
        let order = dialect.structure([
            "occurred_at": "s.occurred_at", "received_at": "s.received_at", "position": "s._row",
            "event_id": "s.event_id",
        ])
        return dataset(
            "users",
            """
            Everybody who was seen, their devices joined under the user id that these carried last, bots left out. \
            One row is one person.
            """,
            key: ["person_id"],
            columns: [
                .text("person_id", "user_id if there is one, else the visitor", from: "p.person_id").required,
                .text("user_id", "The user as the source knows them; NULL if never identified", from: "p.user_id"),
                .count("visitor_count", "Distinct visitors", from: "p.visitor_count"),
                .time("first_seen_at", "When the first event occurred", from: "p.first_seen_at"),
                .time("last_seen_at", "When the last event occurred", from: "p.last_seen_at"),
                .count("session_count", "Sessions", from: "p.session_count"),
                .count("event_count", "Events", from: "p.event_count"),
                .count("page_view_count", "Events of type page or screen", from: "p.page_view_count"),
                .count(
                    "conversion_count",
                    "Events whose name is one of the job's conversions",
                    from: "p.conversion_count"
                ),
                .text("first_channel", "The channel of the person's first session", from: "p.first_channel").required,
                .text("first_referrer", "The referrer of the person's first session", from: "p.first_referrer"),
                .text("country", "The country of the latest session that has one", from: "p.country"),
                .text(
                    "device_category",
                    "The device category of the latest session that has one",
                    from: "p.device_category"
                ),
                .text(
                    "traits",
                    "JSON object: the traits of the latest event that carries any; an empty object carries none",
                    from: "t.traits"
                ),
            ],
            with: [
                "people": """
                SELECT person_id, max(user_id) AS user_id,
                  count(DISTINCT visitor_id) AS visitor_count,
                  min(started_at) AS first_seen_at, max(ended_at) AS last_seen_at,
                  count(*) AS session_count,
                  sum(event_count) AS event_count, sum(page_view_count) AS page_view_count,
                  sum(conversion_count) AS conversion_count,
                  max(channel) FILTER (WHERE person_session_number = 1) AS first_channel,
                  max(referrer) FILTER (WHERE person_session_number = 1) AS first_referrer,
                  max_by(country, person_session_number) FILTER (WHERE country IS NOT NULL) AS country,
                  max_by(device_category, person_session_number) FILTER (WHERE device_category IS NOT NULL) AS device_category
                FROM session_facts
                GROUP BY person_id
                """,
                "latest_traits": """
                SELECT s.person_id, max_by(e.traits, \(order)) AS traits
                FROM (SELECT event_id, traits FROM distinct_events WHERE traits IS NOT NULL AND traits <> '{}') AS e
                JOIN session_events AS s ON s.event_id = e.event_id
                WHERE s.person_id IS NOT NULL
                GROUP BY s.person_id
                """,
            ],
            from: "FROM people AS p LEFT JOIN latest_traits AS t ON t.person_id = p.person_id"
        )
    }
}
