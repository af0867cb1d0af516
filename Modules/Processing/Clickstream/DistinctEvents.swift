import PipelineCore

extension ClickstreamModels {
    /// The ids of events that were received more than once; few, so that all others need no sorting.
    var repeatedEvents: Model {
        .table("repeated_events", "SELECT event_id FROM event_log GROUP BY event_id HAVING count(*) > 1")
    }

    /// Each event once, as first received.
    var distinctEvents: Model {
        let columns = Self.eventLogColumns.joined(separator: ", ")
        return .view(
            "distinct_events",
            """
            SELECT \(columns)
            FROM event_log AS e
            WHERE NOT EXISTS (SELECT 1 FROM repeated_events AS r WHERE r.event_id = e.event_id)
            UNION ALL
            SELECT \(columns)
            FROM (
              SELECT \(columns),
                row_number() OVER (
                  PARTITION BY event_id ORDER BY received_at NULLS LAST, _file_id NULLS LAST, _row NULLS LAST
                ) AS copy
              FROM event_log AS e
              WHERE EXISTS (SELECT 1 FROM repeated_events AS r WHERE r.event_id = e.event_id)
            ) AS copies
            WHERE copy = 1
            """
        )
    }

    static let eventLogColumns = EventLog.mapped.map(\.field.name) + ["_file_id", "_row"]

    /// The latest user id that each visitor ever carried, for those that carried one; a bot renames nobody.
    var visitorUsers: Model {
        let order = dialect.structure([
            "occurred_at": "occurred_at", "received_at": "received_at", "position": "_row", "event_id": "event_id",
        ])
        return .table(
            "visitor_users",
            """
            SELECT coalesce(anonymous_id, user_id) AS visitor_id, max_by(user_id, \(order)) AS user_id
            FROM distinct_events AS e
            WHERE user_id IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM user_agents AS u WHERE u.user_agent = e.user_agent AND u.is_bot)
            GROUP BY coalesce(anonymous_id, user_id)
            """
        )
    }
}
