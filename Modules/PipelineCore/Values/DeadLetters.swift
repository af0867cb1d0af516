extension DatasetDefinition {
    /// The table of what could not be used: one row is a record of a source with the reason why it is not in its table.
    public static let deadLetters = DatasetDefinition(
        name: "dead_letters",
        summary:
            "What could not be used, with the reason. One row is a rejected record; its exact bytes are in the raw zone.",
        schema: Schema([
            Field("source", .varchar, isNullable: false, description: "The config name of the source"),
            Field("received_at", .timestamptz, isNullable: false, description: "When it arrived here"),
            Field("file", .varchar, description: "The file that it came in"),
            Field("reason", .varchar, isNullable: false, description: "Why it was rejected"),
            Field(
                "encoding",
                .varchar,
                isNullable: false,
                description: "How raw holds the record: text, json (its fields by name) or base64"
            ),
            Field("raw", .varchar, description: "The record, at most its first MiB"),
            Field(
                "_file_id",
                .varchar,
                isNullable: false,
                description: "Identifies the file's content, whatever its name"
            ),
            Field("_row", .bigint, isNullable: false, description: "The record's position in the file, from 1"),
        ])
    )
}
