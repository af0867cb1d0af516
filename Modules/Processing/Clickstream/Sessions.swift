import PipelineCore

extension ClickstreamModels {
    var sessions: Model {
        dataset(
            "sessions",
            """
            Visits: maximal runs of a visitor's events without a gap longer than session_gap, bots left out. \
            One row is one session.
            """,
            key: ["session_id"],
            columns: [
                .text("session_id", "Identifies the session; a hash of the visitor and the session's start").required,
                .text("visitor_id", "The device or browser: anonymous_id, else user_id").required,
                .text("person_id", "user_id if there is one, else visitor_id").required,
                .text("user_id", "The latest user id that the visitor ever carried"),
                .count("session_number", "Counts the visitor's sessions, from 1"),
                .day("session_date", "The day of started_at in the reporting time zone"),
                .time("started_at", "When its first event occurred"),
                .time("ended_at", "When its last event occurred"),
                .number(
                    "duration_seconds",
                    "Seconds from started_at to ended_at",
                    from: "CAST(duration AS DOUBLE) / 1000000"
                ).required,
                .count("event_count", "Events of every type"),
                .count("page_view_count", "Events of type page or screen"),
                .count("conversion_count", "Events whose name is one of the job's conversions"),
                .flag("is_engaged", "It lasted 10 seconds or more, or had 2 page views or more, or a conversion"),
                .flag("is_bounce", "It was not engaged", from: "NOT is_engaged"),
                .text("entry_page", "The path, else the name, of its first page view; NULL without one"),
                .text("exit_page", "The path, else the name, of its last page view; NULL without one"),
                .text(
                    "referrer",
                    """
                    The referrer of the session's origin: its first event that has a campaign, a click id, a referrer of \
                    another host than its page's (www. aside) or a channel given by the source; NULL without an origin
                    """
                ),
                .text(
                    "channel",
                    "The marketing channel of the session's origin: given by the source or by rule; Direct without one"
                ).required,
                .text("campaign_source", "utm_source of the session's origin"),
                .text("campaign_medium", "utm_medium of the session's origin"),
                .text("campaign_name", "utm_campaign of the session's origin"),
                .text("country", "ISO 3166-1 alpha-2, from the first event that has any place"),
                .text("region", "ISO 3166-2, from the event that country is from"),
                .text("city", "The city, from the event that country is from"),
                .text("device_category", "desktop, mobile, …, from the first event that has one"),
                .text("os_name", "The system, from the first event that has one"),
                .text("browser_name", "The browser, from the first event that has one"),
                .text("source", "The source of the first event").required,
            ],
            from: "FROM session_facts"
        )
    }
}
