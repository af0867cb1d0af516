public import PipelineCore

extension DatasetDefinition {
    /// What user-agent headers tell, parsed once per distinct header.
    public static let userAgents = DatasetDefinition(
        name: "user_agents",
        summary: "What each user-agent header that was ever received tells. One row is one distinct header.",
        schema: Schema([
            Field("user_agent", .varchar, isNullable: false, description: "The header"),
            Field(
                "device_category",
                .varchar,
                description: "desktop, mobile, tablet, tv, console, wearable, car or bot"
            ),
            Field("device_brand", .varchar, description: "The device's maker"),
            Field("device_model", .varchar, description: "The device's model"),
            Field("os_name", .varchar, description: "The operating system"),
            Field("os_version", .varchar, description: "The operating system's version"),
            Field("browser_name", .varchar, description: "The browser"),
            Field("browser_version", .varchar, description: "The browser's version"),
            Field("is_bot", .boolean, isNullable: false, description: "A crawler, monitor or script, not a person"),
            Field(
                "parser_version",
                .varchar,
                isNullable: false,
                description: "The rules that the header was parsed by"
            ),
        ]),
        key: ["user_agent"]
    )

    /// Where network addresses are, looked up once per distinct address.
    public static let addresses = DatasetDefinition(
        name: "addresses",
        summary: "Where each network address that was ever received is. One row is one distinct address.",
        schema: Schema([
            Field("ip", .varchar, isNullable: false, description: "The address, as it was received"),
            Field("country", .varchar, description: "ISO 3166-1 alpha-2"),
            Field("region", .varchar, description: "ISO 3166-2, country included"),
            Field("city", .varchar, description: "The English name"),
            Field("database_version", .varchar, isNullable: false, description: "The database that was asked"),
        ]),
        key: ["ip"]
    )
}
