public import PipelineCore

/// How DuckDB takes text records apart.
public struct DuckDBRecordDialect: RecordDialect {
    /// The dialect has no settings.
    public init() {}

    /// Whether a text is one JSON object.
    public func isJSONObject(_ text: String) -> String {
        "(json_valid(\(text)) AND starts_with(ltrim(\(text)), '{'))"
    }

    /// U+0001 and U+0002, which no JSON text holds, stand for escaped backslashes and for the escapes of whole pairs meanwhile.
    public func jsonWithoutHalfPairs(_ text: String) -> String {
        let (half, high, low) = (#"\\u[dD][89a-fA-F]"#, "([dD][89abAB][0-9a-fA-F]{2})", "([dD][c-fC-F][0-9a-fA-F]{2})")
        let unescaped = #"replace(\#(text), '\\', chr(1))"#
        let unpaired =
            #"regexp_replace(\#(unescaped), '\\u\#(high)\\u\#(low)', concat(chr(2), '\1', chr(2), '\2'), 'g')"#
        let whole = #"regexp_replace(\#(unpaired), '\#(half)[0-9a-fA-F]{2}', '\\ufffd', 'g')"#
        return #"""
            CASE WHEN regexp_matches(\#(text), '\#(half)') AND NOT regexp_matches(\#(text), '[\x01\x02]')
            THEN replace(replace(\#(whole), chr(2), '\u'), chr(1), '\\') ELSE \#(text) END
            """#
    }

    /// One parse per record; JSON pointers, because they tell `a` from `A` and can name any member.
    public func selectingMembers(
        _ members: [(column: String, path: [String])],
        of text: String,
        passing columns: [String],
        from relation: String
    ) -> String {
        let pointers = members.map { pointer($0.path) }
        let passed = columns.map(sqlIdentifier)
        let read = members.enumerated().map { "millrace_members[\($0 + 1)] AS \(sqlIdentifier($1.column))" }
        let record = "json_extract_string(\(text), [\(pointers.joined(separator: ", "))]) AS millrace_members"
        return "SELECT \((passed + read).joined(separator: ", ")) "
            + "FROM (SELECT \((passed + [record]).joined(separator: ", ")) FROM \(relation))"
    }

    /// A JSON object without some of its top-level members.
    public func jsonObject(_ text: String, without members: [String]) -> String {
        let patch = "{" + members.map { "\(jsonString($0)): null" }.joined(separator: ", ") + "}"
        return members.isEmpty ? text : "CAST(json_merge_patch(\(text), \(sqlLiteral(patch))) AS VARCHAR)"
    }

    /// A JSON object with a member that has a value.
    public func jsonObject(_ text: String, setting member: String, to value: String) -> String {
        let patch = sqlLiteral("{\(jsonString(member)): \(jsonString(value))}")
        return "CASE WHEN \(isMissing(member, in: text)) "
            + "THEN CAST(json_merge_patch(\(text), \(patch)) AS VARCHAR) ELSE \(text) END"
    }

    /// Put together as text: a merge patch would drop what is null inside the member.
    public func jsonObject(_ text: String, renaming member: String, to name: String) -> String {
        let rest = jsonObject(text, without: [member, name])
        let value = "CAST(json_extract(\(text), \(pointer([member]))) AS VARCHAR)"
        return """
            CASE WHEN \(isMissing(member, in: text)) OR NOT \(isMissing(name, in: text)) THEN \(text)
            ELSE concat(\(sqlLiteral("{\(jsonString(name)):")), \(value),
              CASE WHEN \(rest) = '{}' THEN '' ELSE ',' END, substr(\(rest), 2)) END
            """
    }

    private func isMissing(_ member: String, in text: String) -> String {
        "coalesce(json_extract_string(\(text), \(pointer([member]))), '') = ''"
    }

    private func pointer(_ path: [String]) -> String {
        sqlLiteral(path.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined())
    }

    /// A JSON object of texts, without those that are NULL.
    public func jsonObject(of members: [(name: String, value: String)]) -> String {
        guard !members.isEmpty else { return "CAST(NULL AS VARCHAR)" }
        let pairs = members.map { "\(sqlLiteral($0.name)), \($0.value)" }.joined(separator: ", ")
        // A merge patch onto nothing drops what is null.
        return "nullif(CAST(json_merge_patch('{}', json_object(\(pairs))) AS VARCHAR), '{}')"
    }

    /// One JSON object from two; members of the second win.
    public func jsonMerge(_ first: String, _ second: String) -> String {
        // A merge patch would drop members that are null, and merge objects inside.
        let members = { (text: String) in "CAST(CAST(\(text) AS JSON) AS MAP(VARCHAR, JSON))" }
        return "CASE WHEN \(second) IS NULL THEN \(first) WHEN \(first) IS NULL THEN \(second) "
            + "ELSE CAST(to_json(map_concat(\(members(first)), \(members(second)))) AS VARCHAR) END"
    }

    /// The names of the top-level members of all JSON objects in a column.
    public func selectingMemberNames(of text: String, from relation: String) -> String {
        "SELECT DISTINCT unnest(json_keys(\(text))) AS name FROM \(relation)"
    }

    /// The parts of a text that named groups capture, one column each.
    public func selectingGroups(
        _ groups: [String],
        pattern: String,
        of text: String,
        passing columns: [String],
        from relation: String
    ) -> String {
        let passed = columns.map(sqlIdentifier)
        let names = "[" + groups.map(sqlLiteral).joined(separator: ", ") + "]"
        let read = groups.map {
            "CASE WHEN matched THEN nullif(record.\(sqlIdentifier($0)), '') END AS \(sqlIdentifier($0))"
        }
        let inner =
            passed + [
                "regexp_matches(\(text), \(sqlLiteral(pattern))) AS matched",
                "regexp_extract(\(text), \(sqlLiteral(pattern)), \(names)) AS record",
            ]
        return
            "SELECT \((passed + read).joined(separator: ", ")) FROM (SELECT \(inner.joined(separator: ", ")) FROM \(relation))"
    }

    /// Whether a regular expression matches anywhere in a text; RE2.
    public func matches(_ text: String, _ pattern: String) -> String {
        "regexp_matches(\(text), \(sqlLiteral(pattern)))"
    }

    /// A moment from text in one of the forms that logs and exports use.
    public func timestamp(_ text: String, timezone: String) -> String {
        let zone = sqlLiteral(timezone)
        let number = "TRY_CAST(\(text) AS DOUBLE)"
        // ISO 8601 lets a comma stand before the fraction, and its basic form leaves out what stands between the digits.
        let dotted = "replace(\(text), ',', '.')"
        let parted =
            "regexp_replace(\(dotted), '^(\\d{4})(\\d{2})(\\d{2})T(\\d{2})(\\d{2})(\\d{2})', '\\1-\\2-\\3T\\4:\\5:\\6')"
        let offset = { (moment: String) in "regexp_replace(\(moment), '([+-]\\d{2})(\\d{2})$', '\\1:\\2')" }
        // The form that most machines write comes first, since it needs no regular expression. A text that ends in Z or an offset names its moment; one that does not is a wall clock in the source's zone.
        return """
            CASE
              WHEN \(text) IS NULL THEN NULL
              WHEN \(text) LIKE '____-__-__T__:__:__%Z' THEN TRY_CAST(\(dotted) AS TIMESTAMPTZ)
              WHEN regexp_full_match(\(text), '\\d{9,11}(\\.\\d+)?') THEN to_timestamp(\(number))
              WHEN regexp_full_match(\(text), '\\d{12,14}') THEN make_timestamptz(CAST(\(text) AS BIGINT) * 1000)
              WHEN regexp_full_match(\(text), '\\d{15,17}') THEN make_timestamptz(TRY_CAST(\(text) AS BIGINT))
              WHEN regexp_full_match(\(text), '\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}.*([Zz]|[+-]\\d{2}(:?\\d{2})?)')
                THEN TRY_CAST(\(offset(dotted)) AS TIMESTAMPTZ)
              WHEN regexp_full_match(\(text), '\\d{8}T\\d{6}([.,]\\d+)?([Zz]|[+-]\\d{2}(:?\\d{2})?)')
                THEN TRY_CAST(\(offset(parted)) AS TIMESTAMPTZ)
              WHEN regexp_full_match(\(text), '\\d{8}T\\d{6}([.,]\\d+)?') THEN timezone(\(zone), TRY_CAST(\(parted) AS TIMESTAMP))
              WHEN regexp_matches(\(text), '^\\d{1,2}/[A-Za-z]{3}/\\d{4}:') THEN try_strptime(\(text), '%d/%b/%Y:%H:%M:%S %z')
              WHEN regexp_matches(\(text), '^\\d{4}-\\d{2}-\\d{2}') THEN timezone(\(zone), TRY_CAST(\(dotted) AS TIMESTAMP))
            END
            """
    }

    /// Microseconds are added up, since an INTERVAL has days of a time zone; no text that is read as a moment is further than
    /// 10^17 of them from 1970, so that no sum overflows.
    public func moment(_ moment: String, before others: (first: String, second: String)) -> String {
        "make_timestamptz(epoch_us(\(moment)) - (epoch_us(\(others.second)) - epoch_us(\(others.first))))"
    }

    /// A text that is a number, without its fraction; a bare cast would round.
    public func wholeNumber(_ text: String) -> String {
        cast("trunc(\(cast(text, to: .double)))", to: .integer)
    }

    /// A safe cast; NULL where the text is no such value.
    public func cast(_ text: String, to type: DataType) -> String {
        type == .varchar ? text : "TRY_CAST(\(text) AS \(type.duckDBName))"
    }

    /// 32 hexadecimal digits that identify a text.
    public func digest(_ text: String) -> String { "md5(\(text))" }

    private func jsonString(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
