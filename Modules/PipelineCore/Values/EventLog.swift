extension DatasetDefinition {
    /// The table that ingestion fills with events and the clickstream job reads.
    ///
    /// It holds every accepted event as it came, in the one shape that all sources are mapped to. Duplicates are still in
    /// it; enrichment is not. The columns of ``EventLog/provenance`` say where a row came from and are not exported.
    public static let eventLog = DatasetDefinition(
        name: "event_log",
        summary: "Every accepted event as it came, duplicates included. One row is one received event.",
        schema: Schema(EventLog.mapped.map(\.field) + EventLog.provenance)
    )
}

/// The columns of ``DatasetDefinition/eventLog`` and what a source's `events:` mapping may fill.
public enum EventLog {
    /// A column that a mapping may fill.
    public struct Column: Sendable, Hashable {
        /// Name, type and meaning of the column.
        public let field: Field
        /// The column holds JSON text: objects of the source go in as they are.
        public let isJSON: Bool
    }

    /// All columns that a mapping may fill, in order.
    public static let mapped: [Column] = [
        text(
            "event_id",
            "Identifies the event; a row that brings none gets one from its file's content and its position",
            isNullable: false
        ),
        text("source", "The config name of the source, or what the mapping says", isNullable: false),
        text("type", "track, page, screen, identify, group or alias", isNullable: false),
        text("name", "What happened, in the source's words"),
        text("anonymous_id", "The device or browser"),
        text("user_id", "The user as the source knows them"),
        column("occurred_at", .timestamptz, "When it happened, by the client's corrected clock", isNullable: false),
        column("received_at", .timestamptz, "When it arrived here", isNullable: false),
        text("page_url", "The page's full address"),
        text("page_path", "The page's path; taken from page_url where a source has none"),
        text("page_title", "The page's title"),
        text("referrer", "The address of the page before"),
        text("campaign_source", "utm_source"),
        text("campaign_medium", "utm_medium"),
        text("campaign_name", "utm_campaign"),
        text("campaign_term", "utm_term"),
        text("campaign_content", "utm_content"),
        text("channel", "The marketing channel, where the source itself says"),
        text("ip", "The network address, as far as the source keeps it"),
        text("user_agent", "The user-agent header"),
        text("country", "ISO 3166-1 alpha-2, where the source itself says; two letters are made upper-case"),
        text("region", "ISO 3166-2, where the source itself says"),
        text("city", "The city, where the source itself says"),
        text("device_category", "desktop, mobile, tablet, tv, …, where the source itself says"),
        text("device_brand", "The maker, where the source itself says"),
        text("device_model", "The model, where the source itself says"),
        text("os_name", "The system, where the source itself says"),
        text("os_version", "The system's version, where the source itself says"),
        text("browser_name", "The browser, where the source itself says"),
        text("browser_version", "The browser's version, where the source itself says"),
        text("app_name", "The app"),
        text("app_version", "The app's version"),
        text("library_name", "The client library that sent the event"),
        text("locale", "The client's language, such as en-GB"),
        text("client_timezone", "The client's time zone"),
        column("screen_width", .integer, "In pixels"),
        column("screen_height", .integer, "In pixels"),
        json("properties", "JSON object: what the event says about itself; unmapped source columns land here"),
        json("traits", "JSON object: what the event says about the user"),
        json("context", "JSON object: what the client says about its surroundings"),
    ]

    /// Where a row came from.
    public static let provenance: [Field] = [
        Field("_file", .varchar, description: "The file that the row came from"),
        Field("_file_id", .varchar, isNullable: false, description: "Identifies the file's content, whatever its name"),
        Field("_row", .bigint, isNullable: false, description: "The row's position in the file, from 1"),
    ]

    private static func text(_ name: String, _ meaning: String, isNullable: Bool = true) -> Column {
        column(name, .varchar, meaning, isNullable: isNullable)
    }
    private static func column(_ name: String, _ type: DataType, _ meaning: String, isNullable: Bool = true) -> Column {
        Column(field: Field(name, type, isNullable: isNullable, description: meaning), isJSON: false)
    }
    private static func json(_ name: String, _ meaning: String) -> Column {
        Column(field: Field(name, .varchar, description: meaning), isJSON: true)
    }
}
