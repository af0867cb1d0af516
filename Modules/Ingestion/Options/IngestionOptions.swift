public import PipelineCore

/// What the config says about the files of one source, whatever store they come from.
public struct IngestionOptions: Sendable {
    /// Where rows go.
    public enum Target: Sendable {
        /// Into the event log.
        case events(EventMapping)
        /// Into a table of their own.
        case table(DatasetName)
    }
    /// What a file means whose content is no longer what was taken.
    public enum Change: String, Sendable, CaseIterable {
        /// It is the better version: its rows take the place of the earlier ones.
        case replace
        /// It is another file under the same name, as a rotated log is: its rows come in addition.
        case append
    }

    /// Nil: by the file's extension.
    public var format: RecordFormat?
    /// Takes lines apart; nil for other formats.
    public var pattern: LinePattern?
    /// The IANA zone of timestamps without an offset.
    public var timezone: String
    /// What separates the fields of CSV; nil: found from the first record.
    public var delimiter: UInt8?
    /// Whether the first record of CSV names the columns.
    public var hasHeader: Bool
    /// The column names of CSV without a header.
    public var columns: [String]?
    /// Where rows go.
    public var target: Target
    /// Nil: `append` for lines and NDJSON, `replace` for the rest.
    public var onChange: Change?

    /// Options for a target; everything else by default.
    public init(target: Target, format: RecordFormat? = nil, pattern: LinePattern? = nil, timezone: String = "UTC") {
        self.target = target
        self.format = format
        self.pattern = pattern
        self.timezone = timezone
        hasHeader = true
    }

    /// The table that rows go into.
    public var table: DatasetName {
        switch target {
        case .events: DatasetDefinition.eventLog.name
        case .table(let name): name
        }
    }

    /// Reads the keys that every source of files shares.
    public init(_ block: ConfigurationBlock) {
        format = block.optional(
            "format",
            .choice(RecordFormat.csv),
            "How the files hold their records; default by extension."
        )
        let patternText = ConfigurationType<String>.text(example: "combined").mapped(
            placeholder: LinePattern?.none,
            expected:
                "a named pattern (\(LinePattern.named.keys.sorted().joined(separator: ", "))) or a regular expression with named groups"
        ) { LinePattern($0).map(Optional.some) }
        pattern =
            block.optional(
                "pattern",
                patternText,
                "For lines: a named pattern, or a regular expression with named groups."
            ) ?? nil
        timezone = block.value(
            "timezone",
            .timeZone,
            default: "UTC",
            "The zone of timestamps without an offset; default UTC."
        )
        delimiter = block.optional(
            "delimiter",
            .delimiter,
            "For csv: what separates fields; default found from the first line."
        )
        hasHeader = block.value(
            "header",
            .boolean,
            default: true,
            "For csv: whether the first line names the columns; default true."
        )
        columns = block.optional(
            "columns",
            .list(.text(example: "order_id")),
            "For csv without a header: the columns' names."
        )
        onChange = block.optional(
            "on_change",
            .choice(Change.replace),
            "What a changed file means: replace its earlier rows, or append to them; default append for lines and ndjson, replace for the rest."
        )
        let events = block.optional(
            "events",
            .events,
            "Rows become events: event column <- source column; or `segment`."
        )
        let name = ConfigurationType<String>.text(example: "orders").mapped(
            placeholder: Self.noTable,
            expected: "a table name (lower-case letters, digits, _)"
        ) { DatasetName(rawValue: $0).isValid ? DatasetName(rawValue: $0) : nil }
        let table = block.optional("table", name, "Rows become a table of this name.")
        switch (events, table) {
        case (let mapping?, nil): target = .events(mapping)
        case (nil, let name?): target = .table(name)
        default:
            target = .table(Self.noTable)
            if !block.isDescribing, !(events == nil && table == nil && (block.has("events") || block.has("table"))) {
                block.reject(
                    key: events == nil ? nil : "table",
                    events == nil ? "it does not say what its rows become" : "rows become events or a table, not both",
                    hint: "add `events:` with a mapping, or `table: NAME`"
                )
            }
        }
        check(block)
    }

    /// Stands for a table that the block does not rightly name, so that no other block seems to write the same.
    private static let noTable = DatasetName(rawValue: "")

    private func check(_ block: ConfigurationBlock) {
        guard !block.isDescribing else { return }
        let suggested = block.has("format") ? format : block.text(of: "path").flatMap(RecordFormat.suggested)
        if suggested == .lines, !block.has("pattern") {
            block.reject(
                key: block.has("format") ? "format" : "path",
                "lines need a pattern",
                hint: "add `pattern: combined`, or a regular expression with named groups"
            )
        }
        if block.has("pattern"), let format, format != .lines {
            block.reject(key: "pattern", "only `format: lines` has a pattern")
        }
        if let columns, Set(columns.map { $0.lowercased() }).count < columns.count {
            block.reject(key: "columns", "two of the names are one column", hint: "case does not tell columns apart")
        }
        if hasHeader, columns != nil {
            block.reject(key: "columns", "the header names the columns", hint: "add `header: false` if there is none")
        }
        if !hasHeader, columns == nil, case .events = target {
            block.reject(
                key: "header",
                "without a header a mapping has no names to refer to",
                hint: "add `columns: [first, second]`"
            )
        }
        guard case .events(let mapping) = target, block.has("events") else { return }
        if mapping["occurred_at"] == nil {
            block.reject(key: "events", "no source column gives 'occurred_at'", hint: "add `occurred_at: COLUMN`")
        }
        if mapping["anonymous_id"] == nil, mapping["user_id"] == nil {
            block.reject(
                key: "events",
                "no source column gives 'anonymous_id' or 'user_id'",
                hint: "add `anonymous_id: COLUMN`"
            )
        }
        if let pattern {
            for field in mapping.fields.sorted() where !pattern.groups.contains(field) {
                block.reject(
                    key: "events",
                    "the pattern has no group '\(field)'",
                    hint: "it has: \(pattern.groups.joined(separator: ", "))"
                )
            }
        }
    }
}

extension ConfigurationType where Value == UInt8 {
    /// One ASCII character that is no letter, digit or quote, or `tab`.
    static var delimiter: ConfigurationType {
        .scalar(.string(pattern: nil), placeholder: 44, example: "\";\"", expected: "one punctuation character, or tab")
        { text in
            if text == "tab" || text == "\\t" || text == "\t" { return 9 }
            guard let character = text.first, text.utf8.count == 1, !character.isLetter, !character.isNumber else {
                return nil
            }
            return character != "\"" && character != "-"
                ? character.asciiValue.flatMap { $0 >= 32 && $0 < 127 ? $0 : nil } : nil
        }
    }
}

extension ConfigurationType where Value == EventMapping {
    /// A map of event column to source column, or the word `segment`.
    static var events: ConfigurationType {
        let entries = ConfigurationType<[KeyedValue<ValueExpression>]>.map(.expression)
        return ConfigurationType(
            schema: .either([.choice(["segment"]), entries.schema]),
            placeholder: .segment,
            example: "{ anonymous_id: user_id, occurred_at: timestamp }"
        ) { node, path, issues in
            if case .scalar(let text, _, _) = node.value {
                if text == "segment" { return .segment }
                issues.add(
                    ConfigurationIssue(
                        path: path,
                        problem: "'\(text)' is no known mapping",
                        hint: "write `segment`, or a map: event column <- source column",
                        mark: node.mark
                    )
                )
                return nil
            }
            return entries.parse(node, path, issues).map { entries in
                EventMapping(entries.map { EventMapping.Entry(column: $0.key, value: $0.value) }, keepsRest: true)
            }
        }
    }
}
