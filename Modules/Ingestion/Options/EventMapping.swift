internal import PipelineCore

/// How a source's rows become events.
public struct EventMapping: Sendable, Hashable {
    /// One target and where its value comes from.
    public struct Entry: Sendable, Hashable {
        public let column: String
        public let value: ValueExpression
    }
    /// Targets that the event model knows.
    public let columns: [Entry]
    /// Targets that it does not know: they become members of `properties`.
    public let extras: [Entry]
    /// Whether source columns that no entry names become members of `properties` too.
    public let keepsRest: Bool

    /// Sorts entries by whether the event model knows their target.
    public init(_ entries: [Entry], keepsRest: Bool) {
        let known = Set(EventLog.mapped.map(\.field.name))
        columns = entries.filter { known.contains($0.column) }
        extras = entries.filter { !known.contains($0.column) }
        self.keepsRest = keepsRest
    }

    public subscript(column: String) -> ValueExpression? { columns.first { $0.column == column }?.value }

    /// All source columns that are named.
    var fields: Set<String> { Set((columns + extras).flatMap(\.value.fields)) }

    /// Messages as Segment's libraries send them and the collector lands them
    /// (https://segment.com/docs/connections/spec/common/).
    public static let segment = EventMapping(
        [
            ("event_id", ["messageId"]), ("type", ["type"]), ("name", ["event", "name"]),
            ("anonymous_id", ["anonymousId"]),
            ("user_id", ["userId"]), ("occurred_at", ["timestamp", "originalTimestamp", "sentAt"]),
            ("received_at", ["receivedAt"]),
            ("page_url", ["context.page.url", "properties.url"]),
            ("page_path", ["context.page.path", "properties.path"]),
            ("page_title", ["context.page.title", "properties.title"]),
            ("referrer", ["context.page.referrer", "properties.referrer", "context.referrer.url"]),
            ("campaign_source", ["context.campaign.source"]), ("campaign_medium", ["context.campaign.medium"]),
            ("campaign_name", ["context.campaign.name"]), ("campaign_term", ["context.campaign.term"]),
            ("campaign_content", ["context.campaign.content"]), ("ip", ["context.ip"]),
            ("user_agent", ["context.userAgent"]),
            ("device_brand", ["context.device.manufacturer"]), ("device_model", ["context.device.model"]),
            ("os_name", ["context.os.name"]), ("os_version", ["context.os.version"]),
            ("app_name", ["context.app.name"]),
            ("app_version", ["context.app.version"]), ("library_name", ["context.library.name"]),
            ("locale", ["context.locale"]),
            ("client_timezone", ["context.timezone"]), ("screen_width", ["context.screen.width"]),
            ("screen_height", ["context.screen.height"]), ("properties", ["properties"]),
            ("traits", ["traits", "context.traits"]),
            ("context", ["context"]),
        ].map { Entry(column: $0.0, value: $0.1.count == 1 ? .field($0.1[0]) : .first($0.1.map { .field($0) })) },
        keepsRest: false
    )
}
