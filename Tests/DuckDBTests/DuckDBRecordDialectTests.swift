import ConnectorTesting
import DuckDBPlugin
import PipelineCore
import Testing

@Suite struct DuckDBRecordDialectTests {
    private let scratch: ScratchDirectory
    private let engine: DuckDBEngine
    private let dialect = DuckDBRecordDialect()

    init() throws {
        scratch = try ScratchDirectory()
        engine = DuckDBEngine(DuckDBConfiguration(threads: 1), temporaryDirectory: scratch.path("engine"))
    }

    private func rows(_ sql: String) async throws -> String {
        try await engine.withRows(of: SQLText(sql), over: []) { _, rows in
            var bytes: [UInt8] = []
            for try await chunk in rows { bytes += chunk.bytes }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test("Members are read by path, as a whole and in parts at once")
    func members() async throws {
        let sql = dialect.selectingMembers(
            [
                ("id", ["id"]), ("ip", ["context", "ip"]), ("context", ["context"]), ("odd", ["a\"b'c"]),
                ("none", ["x", "y"]),
            ],
            of: "line",
            passing: ["row"],
            from:
                "(SELECT 1 AS row, '{\"id\": 1.50, \"context\": {\"ip\": \"::1\", \"n\": null}, \"a\\\"b''c\": true, \"x\": 5}' AS line) AS t"
        )
        #expect(try await rows(sql) == "1,1.5,::1,\"{\"\"ip\"\":\"\"::1\"\",\"\"n\"\":null}\",true,\n")
    }

    @Test("A JSON object loses the members that are mapped, and keeps the rest")
    func without() async throws {
        let sql =
            "SELECT \(dialect.jsonObject("line", without: ["a", "b\"c"])) AS j FROM (SELECT '{\"a\":1,\"b\\\"c\":2,\"d\":{\"a\":null},\"e\":[1]}' AS line) AS t"
        #expect(try await rows(sql) == "\"{\"\"d\"\":{\"\"a\"\":null},\"\"e\"\":[1]}\"\n")
        let made =
            "SELECT \(dialect.jsonObject(of: [("x", "'1'"), ("y", "CAST(NULL AS VARCHAR)")])) AS j, \(dialect.jsonObject(of: [("y", "CAST(NULL AS VARCHAR)")])) AS k"
        #expect(try await rows(made) == "\"{\"\"x\"\":\"\"1\"\"}\",\n")
    }

    @Test(
        "A member is given where it has no value, and only there",
        arguments: [
            (#"{"b":{"n":null}}"#, #"{"b":{"n":null},"a\"~/é":"x\ty"}"#), (#"{"a\"~/é":null}"#, #"{"a\"~/é":"x\ty"}"#),
            (#"{"a\"~/é":""}"#, #"{"a\"~/é":"x\ty"}"#), (#"{"a\"~/é": 0}"#, #"{"a\"~/é": 0}"#),
            ("{}", #"{"a\"~/é":"x\ty"}"#),
        ]
    )
    func setting(object: String, expected: String) async throws {
        let set = dialect.jsonObject(sqlLiteral(object), setting: "a\"~/é", to: "x\ty")
        #expect(try await rows("SELECT \(set) = \(sqlLiteral(expected)) AS x, \(set) AS y").hasPrefix("true,"))
    }

    @Test(
        "A member gets another name with all that is in it, unless that name has a value",
        arguments: [
            (#"{"c":null,"a":{"n":null,"m":[1]}}"#, #"{"b":{"n":null,"m":[1]},"c":null}"#), (#"{"a":1}"#, #"{"b":1}"#),
            (#"{"a":1,"b":""}"#, #"{"b":1}"#), (#"{"a":1, "b":2}"#, #"{"a":1, "b":2}"#),
            (#"{"a":null}"#, #"{"a":null}"#),
            (#"{"c":1}"#, #"{"c":1}"#),
        ]
    )
    func renaming(object: String, expected: String) async throws {
        let renamed = dialect.jsonObject(sqlLiteral(object), renaming: "a", to: "b")
        #expect(try await rows("SELECT \(renamed) = \(sqlLiteral(expected)) AS x, \(renamed) AS y").hasPrefix("true,"))
    }

    @Test("A moment moves by what lies between two others, to the microsecond, and over changes of the clock")
    func moves() async throws {
        let at = { (text: String) in "CAST('\(text)' AS TIMESTAMPTZ)" }
        let others = (first: at("2026-03-28 10:00:00.000001+00"), second: at("2026-03-30 10:00:00+00"))
        let sql =
            "SELECT \(dialect.moment(at("2026-10-26 10:00:00+00"), before: others)) AS a, "
            + "\(dialect.moment("CAST(NULL AS TIMESTAMPTZ)", before: others)) AS b, "
            + "\(dialect.moment(others.first, before: (others.second, others.first))) AS c"
        #expect(
            try await rows(sql) == "2026-10-24 10:00:00.000001+00,,2026-03-30 10:00:00+00\n"
        )
    }

    @Test(
        "A text is a JSON object or it is not",
        arguments: [
            ("{}", true), ("{\"a\":1}", true), ("[1]", false), ("1", false), ("{\"a\":1} x", false), ("", false),
            ("{\"a\":}", false),
        ]
    )
    func objects(text: String, isObject: Bool) async throws {
        #expect(try await rows("SELECT \(dialect.isJSONObject(sqlLiteral(text))) AS x") == "\(isObject)\n")
    }

    @Test(
        "Escapes of half a surrogate pair become that of U+FFFD, and nothing else changes",
        arguments: [
            (#"{"a":"\ud83d"}"#, #"{"a":"\ufffd"}"#), (#"{"a":"\ud83d\ude00"}"#, #"{"a":"\ud83d\ude00"}"#),
            (#"{"a":"\uDE00\uD83D\uD83D\uDE00"}"#, #"{"a":"\ufffd\ufffd\uD83D\uDE00"}"#),
            (#"{"a":"\\ud83d"}"#, #"{"a":"\\ud83d"}"#), (#"{"a":"\\\ud83d\""}"#, #"{"a":"\\\ufffd\""}"#),
            (#"{"a":"\ud83dx","b":"\ud7ff\ue000"}"#, #"{"a":"\ufffdx","b":"\ud7ff\ue000"}"#), ("none", "none"),
            ("\u{1}\\ud83d", "\u{1}\\ud83d"),
        ]
    )
    func halfPairs(text: String, expected: String) async throws {
        let result = "SELECT (\(dialect.jsonWithoutHalfPairs(sqlLiteral(text)))) = \(sqlLiteral(expected)) AS x"
        #expect(try await rows(result) == "true\n")
    }

    @Test(
        "Moments are understood in the forms that files have them",
        arguments: [
            ("2024-03-13 10:21:14", "2024-03-13 09:21:14+00"),
            ("2024-07-13T10:21:14.123456", "2024-07-13 08:21:14.123456+00"),
            ("2024-03-13T10:21:14Z", "2024-03-13 10:21:14+00"),
            ("2024-03-13T10:21:14.5+02:00", "2024-03-13 08:21:14.5+00"),
            ("20240313T102114Z", "2024-03-13 10:21:14+00"), ("20240313T102114.123Z", "2024-03-13 10:21:14.123+00"),
            ("20240313T102114,5+0530", "2024-03-13 04:51:14.5+00"), ("20240313T102114", "2024-03-13 09:21:14+00"),
            ("20240713T102114-07", "2024-07-13 17:21:14+00"), ("20241313T102114Z", ""), ("20240313", ""),
            ("2024-03-13T10:21:14,5Z", "2024-03-13 10:21:14.5+00"),
            ("2024-03-13 10:21:14,25", "2024-03-13 09:21:14.25+00"),
            ("2024-03-13 10:21:14-0530", "2024-03-13 15:51:14+00"), ("2024-03-13", "2024-03-12 23:00:00+00"),
            ("17/May/2015:10:05:03 +0000", "2015-05-17 10:05:03+00"),
            ("1/May/2015:10:05:03 -0700", "2015-05-01 17:05:03+00"),
            ("1710325274", "2024-03-13 10:21:14+00"), ("1710325274.25", "2024-03-13 10:21:14.25+00"),
            ("1710325274123", "2024-03-13 10:21:14.123+00"), ("1710325274123456", "2024-03-13 10:21:14.123456+00"),
            ("yesterday", ""), ("2024-13-45", ""), ("2024-03-13T25:00:00Z", ""), ("", ""), ("13.03.2024", ""),
            ("17", ""),
        ]
    )
    func moments(text: String, moment: String) async throws {
        #expect(
            try await rows("SELECT \(dialect.timestamp(sqlLiteral(text), timezone: "Europe/Warsaw")) AS t") == moment
                + "\n"
        )
    }

    @Test("A log line's groups are read by name; a line that does not match has none")
    func groups() async throws {
        let sql = dialect.selectingGroups(
            ["a", "b"],
            pattern: #"^(?P<a>\d+)-(?P<b>\w*)$"#,
            of: "line",
            passing: ["line"],
            from: "(SELECT unnest(['1-x', '2-', 'no']) AS line) AS t"
        )
        #expect(try await rows(sql + " ORDER BY line") == "1-x,1,x\n2-,2,\nno,,\n")
    }
}
