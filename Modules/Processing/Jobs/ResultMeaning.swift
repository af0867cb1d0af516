internal import PipelineCore

/// What a user says of a query's result, in words: shown by `millrace tables` and shipped beside exports.
struct ResultMeaning: Sendable, Hashable {
    /// What the table is for and what one of its rows is; nil: only that the job makes it.
    var summary: String?
    /// What columns mean, by name; case does not count.
    var columns: [String: String] = [:]

    init() {}

    /// Reads `description` and `columns`.
    init(_ block: ConfigurationBlock) {
        summary = block.optional(
            "description",
            .sentence(example: "Revenue by day; one row is a day."),
            "What the table is for and what one row of it is, for the people who use it."
        )
        let texts = block.value(
            "columns",
            .map(.sentence(example: "The sum of what was paid, in euros")),
            default: [],
            "What columns of the result mean, by name; others stay without a text."
        )
        columns = Dictionary(texts.map { ($0.key, $0.value) }) { first, _ in first }
        let names = Set(texts.map { $0.key.lowercased() })
        if names.count < texts.count {
            block.reject(key: "columns", "two of the names are one column", hint: "case does not tell columns apart")
        }
    }

    /// Everything said, in a form that is the same for the same texts; empty where nothing is said.
    var text: String {
        let lines = columns.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return ([summary].compactMap { $0 } + lines).joined(separator: "\n")
    }

    /// The schema with the texts; throws `invalidConfiguration` for a text without a column.
    func described(_ schema: Schema, job: String) throws -> Schema {
        var fields = schema.fields
        for (name, text) in columns.sorted(by: { $0.key < $1.key }) {
            guard let index = fields.firstIndex(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw PipelineError(
                    .invalidConfiguration,
                    "`columns` describes '\(name)', which the query does not return",
                    while: "running job '\(job)'",
                    hint: "it returns: \(schema.names.joined(separator: ", "))"
                )
            }
            fields[index].description = text
        }
        return Schema(fields)
    }
}

extension ConfigurationType where Value == String {
    /// A text in one line, however many it takes in the file.
    fileprivate static func sentence(example: String) -> ConfigurationType {
        .text(example: example).mapped(placeholder: "", expected: "a sentence") { text in
            text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
    }
}
