import PipelineCore

extension ClickstreamModels {
    /// One row per session: all that the datasets count sessions by.
    ///
    /// `person_session_number` orders a person's sessions
    /// by their first events, from 1.
    var sessionFacts: Model {
        let origin = dialect.structure([
            "referrer": "referrer", "channel": "channel", "campaign_source": "campaign_source",
            "campaign_medium": "campaign_medium", "campaign_name": "campaign_name",
        ])
        // Engines differ in whether min_by passes over a NULL; a struct is none.
        let label = dialect.structure(["label": "label"])
        let place = dialect.structure(["country": "country", "region": "region", "city": "city"])
        let duration = "\(microseconds("max(occurred_at)")) - \(microseconds("min(occurred_at)"))"
        return .table(
            "session_facts",
            """
            SELECT session_id, s.visitor_id, s.person_id, v.user_id, session_number, session_date, source,
              started_at, ended_at, duration, event_count, page_view_count, conversion_count,
              duration >= 10000000 OR page_view_count >= 2 OR conversion_count >= 1 AS is_engaged,
              first_view.label AS entry_page, last_view.label AS exit_page, last_event.label AS last_label,
              origin.referrer AS referrer, coalesce(origin.channel, 'Direct') AS channel,
              origin.campaign_source AS campaign_source, origin.campaign_medium AS campaign_medium,
              origin.campaign_name AS campaign_name,
              place.country AS country, place.region AS region, place.city AS city,
              device_category, os_name, browser_name,
              row_number() OVER (
                PARTITION BY s.person_id
                ORDER BY started_at NULLS LAST, start_received_at NULLS LAST, start_row NULLS LAST, start_event_id NULLS LAST
              ) AS person_session_number
            FROM (
              SELECT session_id,
                max(visitor_id) FILTER (WHERE starts_session) AS visitor_id,
                max(person_id) FILTER (WHERE starts_session) AS person_id,
                max(session_number) FILTER (WHERE starts_session) AS session_number,
                max(event_date) FILTER (WHERE starts_session) AS session_date,
                max(source) FILTER (WHERE starts_session) AS source,
                max(received_at) FILTER (WHERE starts_session) AS start_received_at,
                max(_row) FILTER (WHERE starts_session) AS start_row,
                max(event_id) FILTER (WHERE starts_session) AS start_event_id,
                min(occurred_at) AS started_at,
                max(occurred_at) AS ended_at,
                \(duration) AS duration,
                count(*) AS event_count,
                count(*) FILTER (WHERE is_page_view) AS page_view_count,
                count(*) FILTER (WHERE is_conversion) AS conversion_count,
                min_by(\(label), position) FILTER (WHERE is_page_view) AS first_view,
                max_by(\(label), position) FILTER (WHERE is_page_view) AS last_view,
                max_by(\(label), position) AS last_event,
                min_by(\(origin), position) FILTER (WHERE channel IS NOT NULL) AS origin,
                min_by(\(place), position)
                  FILTER (WHERE country IS NOT NULL OR region IS NOT NULL OR city IS NOT NULL) AS place,
                \(first("device_category")), \(first("os_name")), \(first("browser_name"))
              FROM session_events
              WHERE session_id IS NOT NULL
              GROUP BY session_id
            ) AS s
            LEFT JOIN visitor_users AS v ON v.visitor_id = s.visitor_id
            """
        )
    }

    private func first(_ column: String) -> String {
        "min_by(\(column), position) FILTER (WHERE \(column) IS NOT NULL) AS \(column)"
    }
}
