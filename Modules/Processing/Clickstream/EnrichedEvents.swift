import PipelineCore

extension ClickstreamModels {
    /// Each event once, with everything that can be known of it alone: what the source supplied, completed from the
    /// page's address, the user agent and the network address.
    var enrichedEvents: Model {
        .view(
            "enriched_events",
            """
            SELECT *, \(channel.expression) AS resolved_channel
            FROM (
              SELECT *,
                CASE WHEN page_site IS NULL OR referrer_site <> page_site THEN referrer_site END AS foreign_site,
                nullif(nullif(lower(trim(campaign_medium)), '(none)'), '(not set)') AS campaign_medium_word,
                lower(trim(campaign_source)) AS campaign_source_word,
                coalesce(
                  campaign_source, campaign_medium, campaign_name, campaign_term, campaign_content
                ) AS any_campaign
              FROM (
            \(located)
              ) AS located
            ) AS attributed
            """
        )
    }

    private var channel: Channel {
        Channel(
            dialect: dialect,
            given: "channel",
            medium: "campaign_medium_word",
            source: "campaign_source_word",
            campaign: "any_campaign",
            clickID: "click_id",
            referrer: "foreign_site"
        )
    }

    /// The events beside what the lookup tables and the addresses in them tell.
    private var located: String {
        let page = PageAddress(dialect: dialect, address: "e.page_url")
        let referrer = PageAddress(dialect: dialect, address: "e.referrer")
        let columns = Self.eventLogColumns.map { column in
            if let parameter = Self.campaignParameters[column] {
                let value = page.parameter(parameter)
                return "coalesce(e.\(column), CASE WHEN contains(e.page_url, 'utm_') THEN \(value) END) AS \(column)"
            }
            if let (unit, lookup) = Self.units.first(where: { $0.columns.contains(column) }) {
                let isUnsaid = unit.map { "e.\($0) IS NULL" }.joined(separator: " AND ")
                return "CASE WHEN \(isUnsaid) THEN \(lookup).\(column) ELSE e.\(column) END AS \(column)"
            }
            return column == "page_path" ? "coalesce(e.page_path, \(page.path)) AS page_path" : "e.\(column)"
        }
        return """
            SELECT \(columns.joined(separator: ",\n      ")),
              coalesce(e.anonymous_id, e.user_id) AS visitor_id,
              coalesce(u.is_bot, FALSE) AS is_bot,
              \(dialect.localDate("e.occurred_at", zone: options.timezone)) AS event_date,
              CASE WHEN e.referrer IS NOT NULL THEN \(page.site) END AS page_site,
              \(referrer.site) AS referrer_site,
              CASE WHEN contains(e.page_url, '?') THEN \(page.firstParameter(among: Channel.clickIDs)) END AS click_id
            FROM distinct_events AS e
            LEFT JOIN user_agents AS u ON u.user_agent = e.user_agent
            LEFT JOIN addresses AS a ON a.ip = e.ip
            """
    }

    private static let campaignParameters = [
        "campaign_source": "utm_source", "campaign_medium": "utm_medium", "campaign_name": "utm_campaign",
        "campaign_term": "utm_term", "campaign_content": "utm_content",
    ]
    /// Columns that describe one thing, so that a source which gives any of them gives all; and the table that else does.
    private static let units: [(columns: [String], lookup: String)] = [
        (["country", "region", "city"], "a"),
        (["device_category", "device_brand", "device_model"], "u"),
        (["os_name", "os_version"], "u"),
        (["browser_name", "browser_version"], "u"),
    ]
}
