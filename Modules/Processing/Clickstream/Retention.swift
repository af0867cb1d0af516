import PipelineCore

extension ClickstreamModels {
    var retention: Model {
        let weeks = "CAST(\(dialect.days(from: "cohort_week", to: "active_week")) / 7 AS BIGINT)"
        let lastWeek = "CAST(\(dialect.days(from: "c.cohort_week", to: "l.last_week")) / 7 AS BIGINT)"
        return dataset(
            "retention",
            """
            How many people come back. One row is one cohort and one week after its first; every week up to the last \
            week of the data has a row. Weeks are ISO weeks in the reporting time zone.
            """,
            key: ["cohort_week", "week"],
            columns: [
                .day("cohort_week", "The Monday of the week of the persons' first events", from: "g.cohort_week"),
                .count("week", "Weeks after the cohort's, from 0", from: "g.week"),
                .count("cohort_users", "Persons in the cohort", from: "g.users"),
                .count(
                    "retained_users",
                    "Of these, the persons with an event in that week",
                    from: "coalesce(r.users, 0)"
                ),
                .number(
                    "retention_rate",
                    "retained_users / cohort_users",
                    from: share("coalesce(r.users, 0)", of: "g.users")
                ).required,
            ],
            with: [
                "person_weeks": """
                SELECT DISTINCT person_id, \(dialect.monday(of: "event_date")) AS active_week
                FROM person_days
                WHERE person_id IS NOT NULL
                """,
                "retained": """
                SELECT cohort_week, \(weeks) AS week, count(*) AS users
                FROM (
                  SELECT active_week, min(active_week) OVER (PARTITION BY person_id) AS cohort_week FROM person_weeks
                ) AS placed
                GROUP BY cohort_week, active_week
                """,
                "grid": """
                SELECT c.cohort_week, c.users, \(dialect.eachInteger(from: "0", through: lastWeek)) AS week
                FROM retained AS c
                CROSS JOIN (SELECT \(dialect.monday(of: "max(event_date)")) AS last_week FROM person_days) AS l
                WHERE c.week = 0
                """,
            ],
            from: "FROM grid AS g LEFT JOIN retained AS r ON r.cohort_week = g.cohort_week AND r.week = g.week"
        )
    }
}
