import PipelineCore

extension ClickstreamModels {
    /// The events that count, which is all but those of bots, in their sessions: the narrow table behind all counts.
    ///
    /// An event without a visitor counts as an event, but has no session. `position` orders a visitor's events from 1;
    /// `label` is what the event is called in a path; the attributes are there for the sessions.
    var sessionEvents: Model {
        let attributes = """
            event_id, visitor_id, occurred_at, received_at, _row, event_date, source, name, label,
              is_page_view, is_conversion, referrer, channel, campaign_source, campaign_medium, campaign_name,
              country, region, city, device_category, os_name, browser_name, position, previous_label
            """
        // Events without a visitor have no order among each other; on their own each, they are not sorted as one visitor's.
        let visitor = "visitor_id, CASE WHEN visitor_id IS NULL THEN event_id END"
        let start =
            "concat_ws('|', e.visitor_id, CAST(\(microseconds("session_started_at")) AS \(dialect.type(.varchar))))"
        let gap = "\(microseconds("occurred_at")) - \(microseconds("previous_at")) > \(options.sessionGap.microseconds)"
        return .table(
            "session_events",
            """
            SELECT e.*, coalesce(v.user_id, e.visitor_id) AS person_id,
              CASE WHEN e.visitor_id IS NOT NULL THEN substr(\(dialect.sha256(start)), 1, 32) END AS session_id
            FROM (
              SELECT \(attributes), starts_session,
                count(CASE WHEN starts_session THEN 1 END) OVER so_far AS session_number,
                max(CASE WHEN starts_session THEN occurred_at END) OVER so_far AS session_started_at
              FROM (
                SELECT \(attributes), previous_at IS NULL OR \(gap) AS starts_session
                FROM (
                  SELECT *,
                    row_number() OVER visitor AS position,
                    lag(occurred_at) OVER visitor AS previous_at,
                    lag(label) OVER visitor AS previous_label
                  FROM (
            \(countedEvents)
                  ) AS counted
                  WINDOW visitor AS (PARTITION BY \(visitor) ORDER BY \(eventOrder))
                ) AS ordered
              ) AS separated
              WINDOW so_far AS (
                PARTITION BY \(visitor) ORDER BY position NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              )
            ) AS e
            LEFT JOIN visitor_users AS v ON v.visitor_id = e.visitor_id
            """
        )
    }

    private var countedEvents: String {
        let conversions = options.conversions.map(sqlLiteral).joined(separator: ", ")
        let isConversion = conversions.isEmpty ? "FALSE" : "coalesce(name IN (\(conversions)), FALSE)"
        return """
            SELECT event_id, visitor_id, occurred_at, received_at, _row, event_date, source, name,
              CASE WHEN \(isPageView) THEN coalesce(page_path, name) ELSE name END AS label,
              \(isPageView) AS is_page_view, \(isConversion) AS is_conversion,
              referrer, resolved_channel AS channel, campaign_source, campaign_medium, campaign_name,
              country, region, city, device_category, os_name, browser_name
            FROM enriched_events
            WHERE NOT is_bot
            """
    }

    private var isPageView: String { "type IN ('page', 'screen')" }
}
