import PipelineCore

extension ClickstreamModels {
    var acquisition: Model {
        dataset(
            "acquisition",
            """
            What brought visits and what came of them. One row is one day in the reporting time zone, one channel and one \
            campaign, of the sessions that began that day.
            """,
            key: ["date", "channel", "campaign_source", "campaign_medium", "campaign_name"],
            columns: [
                .day("date", "The day on which the sessions began", from: "session_date"),
                .text("channel", "The sessions' channel").required,
                .text("campaign_source", "The sessions' utm_source; NULL without one"),
                .text("campaign_medium", "The sessions' utm_medium; NULL without one"),
                .text("campaign_name", "The sessions' utm_campaign; NULL without one"),
                .count("users", "Persons with such a session", from: "count(DISTINCT person_id)"),
                .count(
                    "new_users",
                    "Persons whose first session ever is one of these",
                    from: "count(*) FILTER (WHERE person_session_number = 1)"
                ),
                .count("sessions", "Sessions", from: "count(*)"),
                .count("engaged_sessions", "Of these, the engaged ones", from: "count(*) FILTER (WHERE is_engaged)"),
                .count("conversions", "Conversions in these sessions", from: "sum(conversion_count)"),
                .number(
                    "conversion_rate",
                    "The share of these sessions that have a conversion",
                    from: share("count(*) FILTER (WHERE conversion_count > 0)", of: "count(*)")
                ).required,
            ],
            from: """
                FROM session_facts
                GROUP BY session_date, channel, campaign_source, campaign_medium, campaign_name
                """
        )
    }
}
