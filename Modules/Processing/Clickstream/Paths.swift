import PipelineCore

extension ClickstreamModels {
    var paths: Model {
        dataset(
            "paths",
            """
            What people do next. One row is one transition between consecutive events of a session. Page views are called \
            by their path, else their name; other events by their name.
            """,
            key: ["from_name", "to_name"],
            columns: [
                .text(
                    "from_name",
                    "The event before; (start) before a session's first; NULL for an event without a name"
                ),
                .text("to_name", "The event after; (exit) after a session's last; NULL for an event without a name"),
                .count("transitions", "How often it happened", from: "count(*)"),
                .count("users", "Persons to whom it happened", from: "count(DISTINCT person_id)"),
            ],
            from: """
                FROM (
                  SELECT CASE WHEN starts_session THEN '(start)' ELSE previous_label END AS from_name,
                    label AS to_name, person_id
                  FROM session_events
                  WHERE session_id IS NOT NULL
                  UNION ALL
                  SELECT last_label, '(exit)', person_id FROM session_facts
                ) AS transitions
                GROUP BY from_name, to_name
                """
        )
    }
}
