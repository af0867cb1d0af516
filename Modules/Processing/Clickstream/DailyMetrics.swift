import PipelineCore

extension ClickstreamModels {
    var dailyMetrics: Model {
        dataset(
            "daily_metrics",
            """
            The headline figures of each day, from the first to the last day with events, days without any included. \
            One row is one day in the reporting time zone.
            """,
            key: ["date"],
            columns: [
                .day("date", "The day", from: "d.date"),
                count("active_users", "a.active_users", "Persons with an event that day"),
                count("new_users", "n.new_users", "Persons whose first event ever is that day"),
                .count(
                    "returning_users",
                    "Active users who are not new",
                    from: "coalesce(a.active_users, 0) - coalesce(n.new_users, 0)"
                ),
                count("sessions", "s.sessions", "Sessions that began that day"),
                count("engaged_sessions", "s.engaged_sessions", "Of these, the engaged ones"),
                .number(
                    "engagement_rate",
                    "engaged_sessions / sessions; NULL without sessions",
                    from: share("s.engaged_sessions", of: "s.sessions")
                ),
                .number(
                    "bounce_rate",
                    "The share of sessions that were not engaged; NULL without sessions",
                    from: share("s.sessions - s.engaged_sessions", of: "s.sessions")
                ),
                .number(
                    "avg_session_seconds",
                    "The mean duration_seconds of the sessions that began that day; NULL without sessions",
                    from: "CAST(s.duration AS DOUBLE) / nullif(s.sessions, 0) / 1000000"
                ),
                count("events", "a.events", "Events that day"),
                count("page_views", "a.page_views", "Events of type page or screen that day"),
                count("conversions", "a.conversions", "Events that day whose name is one of the job's conversions"),
                count(
                    "converting_sessions",
                    "s.converting_sessions",
                    "Sessions that began that day and have a conversion"
                ),
                .number(
                    "conversion_rate",
                    "converting_sessions / sessions; NULL without sessions",
                    from: share("s.converting_sessions", of: "s.sessions")
                ),
                .count("wau", "Persons with an event in the 7 days that end that day", from: "r.wau"),
                .count("mau", "Persons with an event in the 30 days that end that day", from: "r.mau"),
                .number(
                    "stickiness",
                    "active_users / mau; NULL where mau is 0",
                    from: share("coalesce(a.active_users, 0)", of: "r.mau")
                ),
            ],
            with: [
                "days": """
                SELECT \(dialect.eachDay(from: "first_date", through: "last_date")) AS date
                FROM (SELECT min(event_date) AS first_date, max(event_date) AS last_date FROM person_days) AS bounds
                """,
                "activity": """
                SELECT event_date AS date, count(person_id) AS active_users, sum(event_count) AS events,
                  sum(page_view_count) AS page_views, sum(conversion_count) AS conversions
                FROM person_days
                GROUP BY event_date
                """,
                "newcomers": """
                SELECT first_date AS date, count(*) AS new_users
                FROM (
                  SELECT min(event_date) AS first_date FROM person_days WHERE person_id IS NOT NULL GROUP BY person_id
                ) AS people
                GROUP BY first_date
                """,
                "started": """
                SELECT session_date AS date, count(*) AS sessions,
                  count(*) FILTER (WHERE is_engaged) AS engaged_sessions,
                  count(*) FILTER (WHERE conversion_count > 0) AS converting_sessions,
                  sum(duration) AS duration
                FROM session_facts
                GROUP BY session_date
                """,
                "intervals": """
                SELECT event_date,
                  lead(event_date) OVER (PARTITION BY person_id ORDER BY event_date NULLS LAST) AS next_date
                FROM person_days
                WHERE person_id IS NOT NULL
                """,
                "rolling": rollingUsers,
            ],
            from: """
                FROM days AS d
                JOIN rolling AS r ON r.date = d.date
                LEFT JOIN activity AS a ON a.date = d.date
                LEFT JOIN newcomers AS n ON n.date = d.date
                LEFT JOIN started AS s ON s.date = d.date
                """
        )
    }

    /// Rolling distinct persons by arithmetic instead of by counting each window.
    ///
    /// A person enters a window on a day of activity and leaves it 7 (30) days later, unless the next activity comes
    /// first; the running sum of both is the number of persons inside.
    private var rollingUsers: String {
        """
        SELECT d.date,
          sum(coalesce(c.weekly, 0)) OVER so_far AS wau,
          sum(coalesce(c.monthly, 0)) OVER so_far AS mau
        FROM days AS d
        LEFT JOIN (
          SELECT date, sum(weekly) AS weekly, sum(monthly) AS monthly
          FROM (
            SELECT event_date AS date, 1 AS weekly, 1 AS monthly FROM intervals
            UNION ALL
            SELECT least(next_date, \(dialect.date("event_date", plusDays: 7))), -1, 0 FROM intervals
            UNION ALL
            SELECT least(next_date, \(dialect.date("event_date", plusDays: 30))), 0, -1 FROM intervals
          ) AS moves
          GROUP BY date
        ) AS c ON c.date = d.date
        WINDOW so_far AS (ORDER BY d.date NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        """
    }

    private func count(_ name: String, _ expression: String, _ meaning: String) -> OutputColumn {
        .count(name, meaning, from: "coalesce(\(expression), 0)")
    }
}
