import PipelineCore

extension ClickstreamModels {
    var events: Model {
        dataset(
            "events",
            """
            All events, de-duplicated, completed and put into sessions; the one dataset that also holds bots. \
            One row is one event.
            """,
            key: ["event_id"],
            columns: [
                .text(
                    "event_id",
                    "Identifies the event. Of events received more than once, the earliest received is kept",
                    from: "e.event_id"
                ).required,
                .text("source", "The source that the event came from", from: "e.source").required,
                .text(
                    "type",
                    "track, page, screen, identify, group or alias; page and screen are page views",
                    from: "coalesce(e.type, 'track')"
                ).required,
                .text("name", "What happened, in the source's words", from: "e.name"),
                .text(
                    "visitor_id",
                    "The device or browser: anonymous_id, else user_id; NULL if the event carries neither",
                    from: "e.visitor_id"
                ),
                .text(
                    "person_id",
                    "The latest user id that the visitor ever carried, bots' events aside, else visitor_id; users are counted by it",
                    from: "coalesce(v.user_id, e.visitor_id)"
                ),
                .text("anonymous_id", "The device or browser, as received", from: "e.anonymous_id"),
                .text("user_id", "The user, as received with this event", from: "e.user_id"),
                .text(
                    "session_id",
                    "The session that the event belongs to; NULL for events of bots and without a visitor",
                    from: "s.session_id"
                ),
                .time("occurred_at", "When it happened, by the client's corrected clock", from: "e.occurred_at"),
                .time("received_at", "When it arrived here", from: "e.received_at"),
                .day("event_date", "The day of occurred_at in the reporting time zone", from: "e.event_date"),
                .text("page_url", "The page's full address", from: "e.page_url"),
                .text(
                    "page_path",
                    "The page's path, where the source gives none that of page_url",
                    from: "e.page_path"
                ),
                .text("page_title", "The page's title", from: "e.page_title"),
                .text("referrer", "The address of the page before", from: "e.referrer"),
                campaign("campaign_source", "utm_source"), campaign("campaign_medium", "utm_medium"),
                campaign("campaign_name", "utm_campaign"), campaign("campaign_term", "utm_term"),
                campaign("campaign_content", "utm_content"),
                .text(
                    "channel",
                    """
                    The marketing channel that this event alone points to: what the source gives, else by rule from its \
                    campaign, click id and referrer of another host; NULL where it has none of these
                    """,
                    from: "e.resolved_channel"
                ),
                place("country", "ISO 3166-1 alpha-2"), place("region", "ISO 3166-2"), place("city", "The city's name"),
                agent("device_category", "desktop, mobile, tablet, tv, console, wearable, car or bot", of: "device"),
                agent("device_brand", "The device's maker", of: "device"),
                agent("device_model", "The device's model", of: "device"),
                agent("os_name", "The operating system", of: "system"),
                agent("os_version", "The operating system's version", of: "system"),
                agent("browser_name", "The browser", of: "browser"),
                agent("browser_version", "The browser's version", of: "browser"),
                .text("app_name", "The app", from: "e.app_name"),
                .text("app_version", "The app's version", from: "e.app_version"),
                .text("library_name", "The client library that sent the event", from: "e.library_name"),
                .text("locale", "The client's language, such as en-GB", from: "e.locale"),
                .text("client_timezone", "The client's time zone", from: "e.client_timezone"),
                .integer("screen_width", "In pixels", from: "e.screen_width"),
                .integer("screen_height", "In pixels", from: "e.screen_height"),
                .text("properties", "JSON object: what the event says about itself", from: "e.properties"),
                .text("traits", "JSON object: what the event says about the user", from: "e.traits"),
                .text("context", "JSON object: what the client says about its surroundings", from: "e.context"),
                .flag(
                    "is_bot",
                    "A crawler, monitor or script by its user agent, not a person; counts in no other dataset",
                    from: "e.is_bot"
                ),
            ],
            from: """
                FROM enriched_events AS e
                LEFT JOIN session_events AS s ON s.event_id = e.event_id
                LEFT JOIN visitor_users AS v ON v.visitor_id = e.visitor_id
                """
        )
    }

    private func campaign(_ name: String, _ parameter: String) -> OutputColumn {
        .text(name, "\(parameter); where the source gives none that of page_url", from: "e.\(name)")
    }
    private func place(_ name: String, _ meaning: String) -> OutputColumn {
        .text(
            name,
            "\(meaning); by the network address where the source gives neither country, region nor city",
            from: "e.\(name)"
        )
    }
    private func agent(_ name: String, _ meaning: String, of unit: String) -> OutputColumn {
        .text(name, "\(meaning); by the user agent where the source says nothing of the \(unit)", from: "e.\(name)")
    }
}
