import PipelineCore

extension ClickstreamModels {
    /// What each person did on each day they were active; the events without a person together under NULL.
    var personDays: Model {
        .table(
            "person_days",
            """
            SELECT person_id, event_date,
              count(*) AS event_count,
              count(*) FILTER (WHERE is_page_view) AS page_view_count,
              count(*) FILTER (WHERE is_conversion) AS conversion_count
            FROM session_events
            GROUP BY person_id, event_date
            """
        )
    }
}
