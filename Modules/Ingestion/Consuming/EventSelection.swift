internal import PipelineCore

/// The query that makes events of records, by a source's mapping.
struct EventSelection {
    let mapping: EventMapping
    let source: String
    let timezone: String
    let relation: RecordRelation
    /// The source columns that the mapping reads, then those that it does not.
    private let fields: [String]
    private let rest: [String]
    private var dialect: any RecordDialect { relation.dialect }

    init(_ mapping: EventMapping, source: String, timezone: String, relation: RecordRelation) {
        self.mapping = mapping
        self.source = source
        self.timezone = timezone
        self.relation = relation
        fields = mapping.fields.sorted()
        let named = Set(fields.map { $0.lowercased() })
        rest = mapping.keepsRest ? (relation.columnNames ?? []).filter { !named.contains($0.lowercased()) } : []
    }

    /// The event log's columns of every record that can be an event.
    var accepted: String {
        let columns = DatasetDefinition.eventLog.schema.names.map(sqlIdentifier).joined(separator: ", ")
        return "SELECT \(columns) FROM (\(typed)) AS typed WHERE \(reason) IS NULL"
    }

    /// file, row, reason, encoding, raw of every record that cannot.
    var rejected: String {
        let typedRows =
            "SELECT millrace_file, millrace_row, \(reason) AS reason, millrace_encoding AS encoding, millrace_raw AS raw "
            + "FROM (\(typed)) AS typed WHERE \(reason) IS NOT NULL"
        return relation.selectingBroken.map { "\($0) UNION ALL \(typedRows)" } ?? typedRows
    }

    /// Why a typed record is no event, or NULL.
    private var reason: String {
        """
        CASE \(mapping.isOfMessages ? "WHEN millrace_rejection IS NOT NULL THEN millrace_rejection" : "")
        WHEN occurred_at IS NULL THEN 'occurred_at: there is no moment in it'
        WHEN NOT (\(isPlausible("occurred_at"))) THEN 'occurred_at: the moment is not between the years 1900 and 2200'
        WHEN anonymous_id IS NULL AND user_id IS NULL THEN 'it has neither anonymous_id nor user_id'
        \(mapping.isOfMessages ? "WHEN type = 'track' AND name IS NULL THEN 'it is a track without a name'" : "") END
        """
    }

    /// Whether a moment is one that a dataset may show.
    private func isPlausible(_ moment: String) -> String {
        let year = { (year: Int) in dialect.timestamp("'\(year)-01-01T00:00:00Z'", timezone: "UTC") }
        return "\(moment) >= \(year(1900)) AND \(moment) < \(year(2200))"
    }

    private var typed: String {
        let columns = EventLog.mapped.map { "\(value(of: $0)) AS \(sqlIdentifier($0.field.name))" }
        let provenance = ["files.path AS _file", "files.file_id AS _file_id", "records.millrace_row AS _row"]
        let (encoding, raw) = (sqlLiteral(relation.raw(fields + rest).encoding), relation.raw(fields + rest).expression)
        let verdict =
            mapping.isOfMessages
            ? [
                "\(member(MessageMember.rejection)) AS millrace_rejection", "\(sent(raw)) AS millrace_raw",
                "CASE \(member(MessageMember.encoding)) WHEN 'base64' THEN 'base64' ELSE \(encoding) END AS millrace_encoding",
            ] : ["\(raw) AS millrace_raw", "\(encoding) AS millrace_encoding"]
        let records = relation.selecting(fields + rest, asPaths: true)
        return
            "SELECT records.millrace_file, records.millrace_row, \((columns + provenance + verdict).joined(separator: ", ")) "
            + "FROM (\(mapping.isOfMessages ? timed(records) : records)) AS records "
            + "JOIN landed_files AS files ON files.file = records.millrace_file"
    }

    private func value(of column: EventLog.Column) -> String {
        let text = mapping[column.field.name].map(expression)
        switch column.field.name {
        case "event_id":
            return coalesce(
                text,
                dialect.digest("concat_ws(':', files.file_id, CAST(records.millrace_row AS VARCHAR))")
            )
        case "source": return coalesce(text, sqlLiteral(source))
        case "type": return "lower(\(coalesce(text, "'track'")))"
        case "occurred_at":
            return mapping.isOfMessages ? correctedMoment : moment(text ?? "CAST(NULL AS VARCHAR)")
        case "received_at": return coalesce(text.map(moment), "files.received_at")
        case "country":
            guard let text else { return "CAST(NULL AS VARCHAR)" }
            return "CASE WHEN \(dialect.matches(text, "^[A-Za-z]{2}$")) THEN upper(\(text)) ELSE \(text) END"
        case "properties": return properties(text)
        default:
            guard let text else { return "CAST(NULL AS \(column.field.type))" }
            if column.isJSON { return object(text) }
            return column.field.type == .integer ? dialect.wholeNumber(text) : text
        }
    }

    // MARK: Messages

    /// Records with what their clocks say, each read once.
    private func timed(_ records: String) -> String {
        let clock = "coalesce(\(member(MessageMember.timestamp)), \(member(MessageMember.originalTimestamp)))"
        let clocks = [
            (clock, "clock"), (member(MessageMember.sentAt), "sent"), (member(MessageMember.receivedAt), "received"),
        ]
        let moments = clocks.map { "\(moment($0)) AS millrace_\($1)" }.joined(separator: ", ")
        return "SELECT records.*, \(moments) FROM (\(records)) AS records"
    }

    /// When a message's event occurred; see ``EventMapping/segment``.
    private var correctedMoment: String {
        let (timestamp, original) = (member(MessageMember.timestamp), member(MessageMember.originalTimestamp))
        let corrected = dialect.moment("millrace_received", before: ("millrace_clock", "millrace_sent"))
        return """
            CASE WHEN \(timestamp) IS NULL AND \(original) IS NULL THEN coalesce(millrace_received, millrace_sent)
            WHEN (\(timestamp) IS NULL OR \(original) IS NULL) AND \(isPlausible(corrected)) THEN \(corrected)
            ELSE millrace_clock END
            """
    }

    /// What was sent, where the line only keeps it; else the record as it is.
    private func sent(_ raw: String) -> String {
        let message = member(MessageMember.rejected)
        let usable = dialect.jsonWithoutHalfPairs(message)
        let known = [MessageMember.receivedAt, MessageMember.source, MessageMember.requestID]
        let members = dialect.jsonObject(of: known.map { (name: $0, value: member($0)) })
        return """
            CASE WHEN \(member(MessageMember.rejection)) IS NULL OR \(message) IS NULL THEN \(raw)
            WHEN \(dialect.isJSONObject(usable)) THEN \(dialect.jsonMerge(usable, members)) ELSE \(message) END
            """
    }

    private func member(_ name: String) -> String { expression(.field(name)) }

    private func moment(_ text: String) -> String { dialect.timestamp(text, timezone: timezone) }

    private func object(_ text: String) -> String { "CASE WHEN \(dialect.isJSONObject(text)) THEN \(text) END" }

    private func coalesce(_ first: String?, _ second: String) -> String {
        first.map { "coalesce(\($0), \(second))" } ?? second
    }

    /// Mapped properties, over the mapping's own extra members, over the source columns that nothing names.
    private func properties(_ mapped: String?) -> String {
        let extras = mapping.extras.map { (name: $0.column, value: expression($0.value)) }
        var members: String?
        if case .json = relation.kind {
            // An object of which only parts are named stays whole.
            if mapping.keepsRest {
                members = "nullif(\(dialect.jsonObject(RecordRelation.line, without: fields)), '{}')"
            }
            if !extras.isEmpty {
                // Few messages have any.
                let any = "coalesce(\(extras.map(\.value).joined(separator: ", "))) IS NOT NULL"
                members = merge(members, "CASE WHEN \(any) THEN \(dialect.jsonObject(of: extras)) END")
            }
        } else if !(rest.isEmpty && extras.isEmpty) {
            members = dialect.jsonObject(of: rest.enumerated().map { ($1, "field_\(fields.count + $0)") } + extras)
        }
        guard let mapped else { return members ?? "CAST(NULL AS VARCHAR)" }
        return merge(members, object(mapped))
    }

    private func merge(_ first: String?, _ second: String) -> String {
        first.map { dialect.jsonMerge($0, second) } ?? second
    }

    /// A value as text; the empty text counts as none.
    private func expression(_ value: ValueExpression) -> String {
        switch value {
        case .field(let name): return "nullif(\(field(name)), '')"
        case .first(let values): return "coalesce(\(values.map(expression).joined(separator: ", ")))"
        case .constant(let text): return sqlLiteral(text)
        case .hash(let names):
            let texts = names.map { "nullif(\(field($0)), '')" }
            let parts = texts.map { "coalesce(\($0), '')" }.joined(separator: ", ")
            // A separator that no text contains keeps ('a b', 'c') from being ('a', 'b c').
            return
                "CASE WHEN coalesce(\(texts.joined(separator: ", "))) IS NOT NULL THEN \(dialect.digest("concat_ws('\u{1F}', \(parts))")) END"
        }
    }

    private func field(_ name: String) -> String { fields.firstIndex(of: name).map { "records.field_\($0)" } ?? "NULL" }
}
