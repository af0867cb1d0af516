import Foundation
import PipelineCore
import SQLitePlugin
import Testing

@Suite("Tables in SQLite")
struct SQLiteSinkTests {
    private let folder: TemporaryFolder
    private let path: String
    private let sink: SQLiteSink
    private static let header = DeliveryHeader(
        pipeline: "shop",
        run: RunID(rawValue: "run-1"),
        startedAt: Timestamp(microseconds: 1_795_246_277_123_456),
        timezone: "Europe/Warsaw"
    )

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/bi.sqlite"
        sink = SQLiteSink(path: path)
    }

    private func deliver(_ datasets: (DatasetDefinition, String)...) async throws {
        let delivery = try await sink.begin(Self.header)
        for (definition, csv) in datasets {
            let chunk = RowChunk(bytes: Array(csv.utf8), rowCount: csv.split(separator: "\n").count)
            _ = try await delivery.stage(definition, rows: ArrayStream([chunk]))
        }
        try await delivery.commit()
    }

    private static let sessions = DatasetDefinition(
        name: "sessions",
        summary: "One row is a session.",
        schema: Schema([
            Field("session_id", .varchar, isNullable: false, description: "Identifies the session"),
            Field("visitor_id", .varchar, isNullable: false), Field("person_id", .varchar),
            Field("session_date", .date, isNullable: false, description: "The day it began"),
            Field("started_at", .timestamptz), Field("duration_seconds", .double, isNullable: false),
            Field("event_count", .bigint), Field("screen", .integer), Field("is_bounce", .boolean),
            Field("revenue", .decimal(precision: 12, scale: 2)), Field("exact", .decimal(precision: 38, scale: 2)),
            Field("points", .decimal(precision: 18, scale: 0)), Field("traits", .varchar),
        ]),
        key: ["session_id"]
    )
    private static let sessionRow =
        "s1,v1,p1,2026-11-21,2026-11-21 07:31:17.5+00,12.5,3,1920,false,19.90,123456789012345678.01,42,\"{\"\"a\"\":1}\"\n"

    private static let numbers = DatasetDefinition(
        name: "numbers",
        summary: "",
        schema: Schema([Field("number", .bigint, isNullable: false), Field("x", .double)]),
        key: ["number"]
    )

    @Test("Columns are declared by meaning, with a primary key and indexes on days and identifiers")
    func declarations() async throws {
        try await deliver((Self.sessions, Self.sessionRow))
        let columns = try query(
            path,
            "SELECT name || ' ' || type || ' ' || \"notnull\" || ' ' || pk FROM pragma_table_info('sessions')"
        )
        #expect(
            columns.map { $0[0] } == [
                "session_id TEXT 1 1", "visitor_id TEXT 1 0", "person_id TEXT 0 0", "session_date DATE 1 0",
                "started_at TIMESTAMP 0 0", "duration_seconds REAL 0 0", "event_count BIGINT 0 0", "screen INTEGER 0 0",
                "is_bounce BOOLEAN 0 0", "revenue DECIMAL(12,2) 0 0", "exact TEXT 0 0", "points BIGINT 0 0",
                "traits TEXT 0 0",
            ]
        )
        let values = try query(path, "SELECT * FROM sessions")
        #expect(
            values == [
                [
                    "s1", "v1", "p1", "2026-11-21", "2026-11-21 07:31:17.500", "12.5", "3", "1920", "0", "19.9",
                    "123456789012345678.01", "42", "{\"a\":1}",
                ]
            ]
        )
        let indexes = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        let names = ["sessions_person_id", "sessions_session_date", "sessions_visitor_id"]
        #expect(try query(path, indexes).map { $0[0] } == names)
        try await deliver((Self.sessions, Self.sessionRow))
        #expect(try query(path, indexes).map { $0[0] } == names.map { $0 + "_2" })
        try await deliver((Self.sessions, Self.sessionRow))
        #expect(try query(path, indexes).map { $0[0] } == names)
    }

    @Test("SQLite's own functions understand dates and timestamps")
    func dateFunctions() async throws {
        try await deliver((Self.sessions, Self.sessionRow))
        let sql = """
            SELECT strftime('%w', session_date), julianday(session_date) - julianday('2026-11-20'),
                   strftime('%Y %H %f', started_at), datetime(started_at, '+1 hour'), unixepoch(started_at),
                   started_at < datetime('2026-11-21 07:31:18') FROM sessions
            """
        let row = ["6", "1.0", "2026 07 17.500", "2026-11-21 08:31:17", "1795246277", "1"]
        #expect(try query(path, sql) == [row])
    }

    @Test("A key with columns that may be NULL makes no primary key")
    func nullableKey() async throws {
        var definition = Self.numbers
        definition.key = ["number", "x"]
        try await deliver((definition, "1,\n1,\n"))
        #expect(try query(path, "SELECT count(*) FROM pragma_table_info('numbers') WHERE pk > 0") == [["0"]])
    }

    @Test("Two rows with one key fail the delivery, and the error tells the key's columns only")
    func duplicateKey() async throws {
        try await deliver((Self.numbers, "1,\n"))
        let error = await #expect(throws: PipelineError.self) { try await deliver((Self.numbers, "4711,\n4711,\n")) }
        #expect(error?.code == .schemaMismatch)
        #expect(error?.description.contains("number") == true)
        #expect(error?.description.contains("4711") == false)
        #expect(try query(path, "SELECT number FROM numbers") == [["1"]])
    }

    @Test("A floating-point number is the nearest one; infinity stays and NaN becomes NULL")
    func numbers() async throws {
        let texts = [
            "0.1", "0.0", "123456789012.345", "1234567890123456.7", "0.30000000000000004", "2.2250738585072014e-308",
            "9007199254740993", "1.7976931348623157e+308", "5e-324", "1e22", "1e23", "100", "-7.25", ".5",
            "0.000000000000001",
        ]
        let rows = texts.enumerated().map { "\($0),\($1)\n" }.joined() + "90,inf\n91,-inf\n92,nan\n"
        try await deliver((Self.numbers, rows))
        let stored = try query(path, "SELECT x FROM numbers ORDER BY number").map { $0[0] }
        let expected = try python(
            "import sys; print('\\n'.join(repr(float(t)) for t in sys.argv[1].split()))",
            texts.joined(separator: " ")
        )
        #expect(stored.prefix(texts.count).map { $0 ?? "" } == expected.split(separator: "\n").map(String.init))
        #expect(stored.suffix(3) == ["inf", "-inf", nil])
    }

    @Test(
        "A value that is none of its type fails the delivery and is not told",
        arguments: [
            (DataType.bigint, "9223372036854775808"), (.bigint, "-9223372036854775809"), (.bigint, "12x"),
            (.bigint, "-"),
            (.integer, "1.5"), (.double, "x1"), (.double, "-"), (.double, "1.2.3"), (.boolean, "TRUE"), (.boolean, "e"),
            (.boolean, "yes"), (.date, "infinity"), (.date, "12026-11-21"),
            (.date, "0044-03-15 (BC)"), (.timestamptz, "infinity"), (.timestamptz, "0044-03-15 (BC) 00:00:00+00"),
            (.timestamptz, "2026-11-21 07:31:17+01"),
            (.timestamptz, "12026-11-21 07:31:17+00"), (.bigint, "\"\""), (.boolean, "\"\""), (.double, "\"\""),
        ] as [(DataType, String)]
    )
    func mismatch(type: DataType, value: String) async throws {
        let definition = DatasetDefinition(name: "things", summary: "", schema: Schema([Field("value", type)]))
        let error = await #expect(throws: PipelineError.self) { try await deliver((definition, "\n\(value)\n")) }
        #expect(error?.code == .schemaMismatch)
        #expect(error?.message == "row 2, column 'value' holds no \(type)")
    }

    @Test("The file says what every dataset and column means")
    func catalog() async throws {
        try await deliver((Self.numbers, "1,\n2,\n"), (Self.sessions, Self.sessionRow))
        let summary = try query(
            path,
            "SELECT dataset, definition, row_count, run, pipeline, timezone, exported_at FROM _millrace WHERE position = 0 ORDER BY 1"
        )
        let rest = ["run-1", "shop", "Europe/Warsaw", "2026-11-21 07:31:17.123"]
        #expect(summary == [["numbers", "", "2"] + rest, ["sessions", "One row is a session.", "1"] + rest])
        let columns = try query(
            path,
            "SELECT \"column\", type, definition FROM _millrace WHERE dataset = 'sessions' AND position IN (1, 4, 10) ORDER BY position"
        )
        #expect(
            columns == [
                ["session_id", "VARCHAR", "Identifies the session"], ["session_date", "DATE", "The day it began"],
                ["revenue", "DECIMAL(12,2)", ""],
            ]
        )
        try await deliver((Self.numbers, "1,\n"))
        #expect(
            try query(path, "SELECT count(*), max(row_count) FROM _millrace WHERE dataset = 'numbers'") == [["3", "1"]]
        )
    }
}
