internal import PipelineCore

/// How a source's rows become events.
public struct EventMapping: Sendable, Hashable {
    /// One target and where its value comes from.
    public struct Entry: Sendable, Hashable {
        /// A column of the event log, or a name that becomes a member of `properties`.
        public let column: String
        /// Where its value comes from.
        public let value: ValueExpression
    }
    /// Targets that the event model knows.
    public let columns: [Entry]
    /// Targets that it does not know: they become members of `properties`.
    public let extras: [Entry]
    /// Whether source columns that no entry names become members of `properties` too.
    public let keepsRest: Bool
    /// Whether the records are messages of the Segment specification, which means more than their members; see ``segment``.
    public let isOfMessages: Bool

    /// Sorts entries by whether the event model knows their target.
    public init(_ entries: [Entry], keepsRest: Bool, isOfMessages: Bool = false) {
        let known = Set(EventLog.mapped.map(\.field.name))
        columns = entries.filter { known.contains($0.column) }
        extras = entries.filter { !known.contains($0.column) }
        self.keepsRest = keepsRest
        self.isOfMessages = isOfMessages
    }

    /// Where a column of the event log comes from; nil where the mapping does not say.
    public subscript(column: String) -> ValueExpression? { columns.first { $0.column == column }?.value }

    /// All source columns that are named.
    var fields: Set<String> {
        Set((columns + extras).flatMap(\.value.fields)).union(isOfMessages ? MessageMember.all : [])
    }

    /// Messages as Segment's libraries send them and the collector lands them
    /// (https://segment.com/docs/connections/spec/common/).
    ///
    /// * A device's clock is corrected as Segment does it, to the microsecond and whatever the size of the error: an event
    ///   occurred at `receivedAt - (sentAt - timestamp)`. Where one of the three is no moment, or that would not be in the
    ///   years 1900 to 2200, `timestamp` stands. It also stands beside `originalTimestamp`: then it has been corrected before.
    ///   `originalTimestamp` alone is a device's clock. Without both it is `receivedAt`, and without that `sentAt`. When a
    ///   file arrived corrects nothing: it may have been lying about for years.
    /// * A track must have a name, and every message a user or a device; others are dead letters.
    /// * What the collector rejected is a dead letter with its reason, and as raw what was sent, with what the collector
    ///   knows of it in place of members of these names.
    /// * What no column is for and yet says something of an event becomes a member of `properties`, unless those have one of
    ///   that name: the `groupId` of a group, the `previousId` of an alias, and the `category` of a page or screen.
    /// * `source` is the name of the write key. `requestId` goes into no column: it tells nothing about an event, and makes
    ///   two copies of one differ; whoever looks for a request finds it in the raw object.
    public static let segment = EventMapping(
        [
            ("event_id", ["messageId"]), ("source", ["source"]), ("type", ["type"]), ("name", ["event", "name"]),
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
            // Members that no column is for: they are members of `properties`, which come before them.
            ("groupId", ["groupId"]), ("previousId", ["previousId"]), ("category", ["category"]),
        ].map { Entry(column: $0.0, value: $0.1.count == 1 ? .field($0.1[0]) : .first($0.1.map { .field($0) })) },
        keepsRest: false,
        isOfMessages: true
    )
}

/// Members of a message that no column takes as they are.
enum MessageMember {
    static let timestamp = "timestamp"
    static let originalTimestamp = "originalTimestamp"
    static let sentAt = "sentAt"
    static let receivedAt = "receivedAt"
    static let source = "source"
    static let requestID = "requestId"
    static let rejection = "rejected.reason"
    static let encoding = "rejected.encoding"
    static let rejected = "raw"

    static let all = [
        timestamp, originalTimestamp, sentAt, receivedAt, source, requestID, rejection, encoding, rejected,
    ]
}
