import ConnectorTesting
import LocalFilesPlugin
import PipelineCore
import Testing

@testable import Ingestion

@Suite("Columns and their types")
struct ColumnTypeTests {
    private func csv(_ columns: [(name: String, values: [String])]) -> String {
        let rows = (columns.first?.values ?? []).indices.map { row in
            columns.map { "\"\($0.values[row])\"" }.joined(separator: ",")
        }
        return ([columns.map(\.name).joined(separator: ",")] + rows).joined(separator: "\n") + "\n"
    }

    @Test("A column has the first type that all its values fit")
    func inferred() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put(
            csv([
                ("postal", ["01-234", "02345", "12345"]), ("zip", ["00123", "12345", "99999"]),
                ("count", ["0", " -5 ", "9223372036854775807"]),
                ("big", ["9223372036854775808", "1", "2"]), ("card", ["1234567890123456789012", "", "1"]),
                ("price", ["1", "2.50", "-0.125"]),
                ("science", ["1e-7", "2.5E+10", "3"]), ("overflow", ["1e400", "1", "2"]),
                ("phone", ["+48123456789", "+1", "+2"]),
                ("day", ["2024-02-29", "1999-12-31", ""]), ("no_day", ["2023-02-29", "1999-12-31", ""]),
                ("moment", ["2024-03-13 10:21:14", "2024-03-13T10:21:14.5Z", "2024-03-13 10:21:14+05:30"]),
                ("mixed_day", ["2024-03-13", "2024-03-13 10:21:14", ""]), ("flag", ["true", "FALSE", "True"]),
                ("bit", ["0", "1", "1"]),
                ("yes", ["yes", "no", "yes"]), ("nothing", ["", "", ""]), ("spaces", [" ", "", " "]),
                ("word", ["null", "NaN", "inf"]),
                ("time", ["10:21", "11:00", "12:30"]), ("version", ["1.2.3", "1.2", "1"]), ("hex", ["0x10", "1", "2"]),
                ("under", ["1_000", "2", "3"]),
            ]),
            as: "a.csv"
        )
        let report = try await folder.run()
        #expect(report.accepted == 3)
        let schema = try await folder.schema()
        #expect(
            schema == [
                "postal VARCHAR", "zip VARCHAR", "count BIGINT", "big VARCHAR", "card VARCHAR", "price DOUBLE",
                "science DOUBLE",
                "overflow VARCHAR", "phone VARCHAR", "day DATE", "no_day VARCHAR", "moment TIMESTAMPTZ",
                "mixed_day TIMESTAMPTZ",
                "flag BOOLEAN", "bit BIGINT", "yes VARCHAR", "nothing VARCHAR", "spaces VARCHAR", "word VARCHAR",
                "time VARCHAR",
                "version VARCHAR", "hex VARCHAR", "under VARCHAR",
            ]
        )
        let rows = try await folder.query(
            "SELECT zip, count, card, price, day, moment, flag, nothing, spaces FROM t ORDER BY _row"
        )
        #expect(
            rows == [
                "00123,0,1234567890123456789012,1.0,2024-02-29,2024-03-13 10:21:14+00,true,\"\", ",
                "12345,-5,\"\",2.5,1999-12-31,2024-03-13 10:21:14.5+00,false,\"\",\"\"",
                "99999,9223372036854775807,1,-0.125,,2024-03-13 04:51:14+00,true,\"\", ",
            ]
        )
    }

    @Test("A header alone makes its columns, as text; the first values decide their types, and hold them")
    func headerAlone() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("id,Unit price,note\n", as: "a.csv")
        #expect(try await folder.run().accepted == 0)
        #expect(try await folder.schema() == ["id VARCHAR", "Unit_price VARCHAR", "note VARCHAR"])
        try folder.put("extra,id\n", as: "b.csv")
        try await folder.run()
        #expect(try await folder.schema() == ["id VARCHAR", "Unit_price VARCHAR", "note VARCHAR", "extra VARCHAR"])
        try folder.put("id,Unit price,note\n1,2.50,x\n", as: "c.csv")
        #expect(try await folder.run().accepted == 1)
        #expect(try await folder.schema() == ["id BIGINT", "Unit_price DOUBLE", "note VARCHAR", "extra VARCHAR"])
        try folder.append("two,3,y\n", to: "a.csv")
        #expect(try await folder.run().rejected == 1)
        #expect(try await folder.query("SELECT id, Unit_price, note, extra FROM t") == ["1,2.5,x,"])
    }

    @Test("A value that no longer fits is a dead letter that names column and type, and not the value")
    func held() async throws {
        let folder = try DropFolder.table(.csv)
        let header = "b,i,d,day,at"
        try folder.put("\(header)\ntrue,1,1.5,2024-01-01,2024-01-01 10:00\n", as: "a.csv")
        try await folder.run()
        let values = [
            "1,1,1,2024-01-01,2024-01-01 10:00", "true,1.5,1,2024-01-01,2024-01-01 10:00",
            "true,007,1,2024-01-01,2024-01-01 10:00",
            "true,99999999999999999999,1,2024-01-01,2024-01-01 10:00", "true,1,1e400,2024-01-01,2024-01-01 10:00",
            "true,1,NaN,2024-01-01,2024-01-01 10:00", "true,1,1,2024-01-01 10:00:00,2024-01-01 10:00",
            "true,1,1,2024-13-01,2024-01-01 10:00",
            "true,1,1,2024-01-01,yesterday-evening", "true,1,1,2024-01-01,1710325274",
            "false, 2 ,-3,2024-01-02,2024-01-01T10:00:00.123456Z", ",,,,",
        ]
        try folder.put(([header] + values).joined(separator: "\n"), as: "b.csv")
        let report = try await folder.run()
        #expect(report.accepted == 2 && report.rejected == 10)
        let reasons = try await folder.reasons()
        #expect(
            reasons == [
                "b: it is no BOOLEAN", "i: it is no BIGINT", "i: it is no BIGINT", "i: it is no BIGINT",
                "d: it is no DOUBLE",
                "d: it is no DOUBLE", "day: it is no DATE", "day: it is no DATE", "at: it is no TIMESTAMPTZ",
                "at: it is no TIMESTAMPTZ",
            ]
        )
        let raw = try await folder.query("SELECT encoding, raw FROM dead_letters WHERE _row = 2")
        #expect(
            raw == [
                "json,\"{\"\"b\"\":\"\"true\"\",\"\"i\"\":\"\"1.5\"\",\"\"d\"\":\"\"1\"\",\"\"day\"\":\"\"2024-01-01\"\",\"\"at\"\":\"\"2024-01-01 10:00\"\"}\""
            ]
        )
        #expect(try await folder.query("SELECT count(*) AS n, count(i) AS i FROM t") == ["3,2"])
    }

    @Test("Columns come, go and change their order and their letters' case")
    func evolution() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("id,name\n1,Anna\n", as: "a.csv")
        try await folder.run()
        try folder.put("Extra,NAME,ID\n2.5,Bob,2\n", as: "b.csv")
        try await folder.run()
        try folder.put("id\n3\n", as: "c.csv")
        try folder.put("id,extra,Más más\n4,7,2024-01-01\n", as: "d.csv")
        try await folder.run()
        #expect(try await folder.schema() == ["id BIGINT", "name VARCHAR", "Extra DOUBLE", "Más_más DATE"])
        let rows = try await folder.query("SELECT id, name, extra, \"Más_más\" FROM t ORDER BY id")
        #expect(rows == ["1,Anna,,", "2,Bob,2.5,", "3,,,", "4,,7.0,2024-01-01"])
    }

    @Test("A table that lost rows to a changed file keeps them and its new columns apart")
    func evolutionWithReplacement() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("id\n1\n", as: "a.csv")
        try folder.put("id\n9\n", as: "b.csv")
        try await folder.run()
        try folder.put("id,more\n2,x\n", as: "a.csv")
        try await folder.run()
        #expect(try await folder.query("SELECT id, more FROM t ORDER BY id") == ["2,x", "9,"])
    }

    @Test("Members whose names differ only in case are one column, unless a record has both")
    func cases() async throws {
        let folder = try DropFolder.table(.ndjson)
        try folder.put(
            "{\"userId\":1}\n{\"userID\":2}\n{\"userid\":3,\"userId\":3}\n{\"userID\":4,\"userId\":5}\n",
            as: "a.ndjson"
        )
        let report = try await folder.run()
        #expect(report.accepted == 3)
        #expect(try await folder.schema() == ["userID BIGINT"])
        #expect(try await folder.query("SELECT userid FROM t ORDER BY _row") == ["1", "2", "3"])
        #expect(try await folder.reasons() == ["\"userID: it stands twice, with different values\""])
    }

    @Test("JSON values keep what they say")
    func json() async throws {
        let folder = try DropFolder.table(.ndjson)
        try folder.put(
            """
            {"n":1,"price":1.50,"text":"1.50","flag":true,"list":[1,{"a":null}],"object":{"b":{"c":"é"}},"at":"2024-03-13T10:21:14Z","mixed":1}
            {"n":null,"price":2e3,"text":"","flag":false,"list":[],"object":{},"at":null,"mixed":"x"}
            {"object.b":5,"big":12345678901234567890}
            """,
            as: "a.ndjson"
        )
        try await folder.run()
        let schema = try await folder.schema().sorted()
        #expect(
            schema == [
                "at TIMESTAMPTZ", "big VARCHAR", "flag BOOLEAN", "list VARCHAR", "mixed VARCHAR", "n BIGINT",
                "object VARCHAR",
                "object.b BIGINT", "price DOUBLE", "text DOUBLE",
            ]
        )
        let rows = try await folder.query(
            "SELECT n, price, flag, list, object, \"at\", mixed, \"object.b\", big FROM t ORDER BY _row"
        )
        #expect(
            rows == [
                "1,1.5,true,\"[1,{\"\"a\"\":null}]\",\"{\"\"b\"\":{\"\"c\"\":\"\"é\"\"}}\",2024-03-13 10:21:14+00,1,,",
                ",2000.0,false,[],{},,x,,", ",,,,,,,5,12345678901234567890",
            ]
        )
    }

    @Test("Parquet files keep their types")
    func parquet() async throws {
        let folder = try DropFolder.table(.parquet) { $0.timezone = "Europe/Warsaw" }
        let columns = """
            CAST(1 AS INTEGER) AS small, CAST(2 AS BIGINT) AS big, CAST(1.25 AS DECIMAL(18,2)) AS money, CAST('nan' AS DOUBLE) AS nan,
            '007' AS code, '12' AS text, DATE '2024-01-01' AS day, TIMESTAMPTZ '2024-01-01 10:00:00+02' AS "at", [1, 2] AS list,
            {'a': 1, 'b': ['x']} AS nest, true AS flag, CAST(NULL AS VARCHAR) AS none, 5 AS "odd name", 6 AS millrace_row, 7 AS _id
            """
        try await folder.putParquet("SELECT \(columns)", as: "a.parquet")
        #expect(try await folder.run().accepted == 1)
        let schema = try await folder.schema()
        #expect(
            schema == [
                "small INTEGER", "big BIGINT", "money DECIMAL(18,2)", "nan DOUBLE", "code VARCHAR", "text VARCHAR",
                "day DATE",
                "at TIMESTAMPTZ", "list INTEGER[]", "nest STRUCT(\"a\" INTEGER, \"b\" VARCHAR[])", "flag BOOLEAN",
                "none VARCHAR",
                "odd_name INTEGER", "millrace_row INTEGER", "id_ INTEGER",
            ]
        )
        let row = try await folder.query(
            "SELECT small, money, nan, code, \"at\", list, nest.b[1] AS b, odd_name, millrace_row, id_, _row FROM t"
        )
        #expect(row == ["1,1.25,nan,007,2024-01-01 08:00:00+00,\"[1,2]\",x,5,6,7,1"])

        // Later files are held to them.
        try await folder.putParquet("SELECT CAST(3000000000 AS BIGINT) AS small UNION ALL SELECT 5", as: "b.parquet")
        try await folder.putParquet("SELECT 1.5 AS big, '1.234' AS money, 'x' AS list", as: "c.parquet")
        let report = try await folder.run()
        #expect(report.accepted == 1 && report.rejected == 2)
        #expect(try await folder.reasons() == ["small: it is no INTEGER", "big: it is no BIGINT"])
    }

    @Test("A Parquet moment without a zone is in the source's, one with a zone is not")
    func parquetMoments() async throws {
        let folder = try DropFolder.table(.parquet) { $0.timezone = "Europe/Warsaw" }
        try await put(
            "SELECT TIMESTAMP '2024-07-01 10:00:00' AS plain, TIMESTAMPTZ '2024-07-01 10:00:00+00' AS zoned, TIMESTAMP_NS '2024-07-01 10:00:00.123456789' AS fine",
            in: folder
        )
        #expect(try await folder.run().accepted == 1)
        #expect(
            try await folder.query("SELECT plain, zoned, fine FROM t") == [
                "2024-07-01 08:00:00+00,2024-07-01 10:00:00+00,2024-07-01 08:00:00.123456+00"
            ]
        )
    }

    /// Puts a Parquet file as another program writes it, with types that the lake does not have.
    private func put(_ sql: String, in folder: DropFolder, as name: String = "a.parquet") async throws {
        let path = folder.scratch.path("made.parquet")
        try await DuckDBProgramFile.write(sql, to: path)
        try folder.put([UInt8](folder.scratch.bytes("made.parquet")), as: name)
    }

    @Test("Parquet types that tables do not have become text: bytes base64, maps JSON, the rest as it is written")
    func foreignTypes() async throws {
        let folder = try DropFolder.table(.parquet)
        let columns = """
            CAST('\\x00\\xFFa' AS BLOB) AS b, MAP {'k': 1, 'l': NULL} AS m, MAP {1: {'x y': [true]}} AS deep, TIME '10:20:30' AS t,
            INTERVAL 3 DAY AS i, CAST('d3a2cab8-b37e-436d-9cff-9b48678cd54e' AS UUID) AS u, CAST('x' AS ENUM ('x', 'y')) AS e,
            CAST('101' AS BIT) AS bits, CAST('{"a": 1}' AS JSON) AS j, CAST(200 AS UTINYINT) AS tiny,
            CAST(18446744073709551615 AS UBIGINT) AS huge, CAST(1.5 AS FLOAT) AS f, [CAST('a' AS BLOB), NULL] AS list,
            {'a b': CAST('c' AS BLOB), 'c.d': CAST(7 AS UBIGINT), 'e"f': {'select': MAP {'k': 1}}, 'a_b': 2} AS s
            """
        let nulls = """
            CAST(NULL AS BLOB), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
            """
        try await put("SELECT \(columns) UNION ALL SELECT \(nulls)", in: folder)
        let report = try await folder.run()
        #expect(report.accepted == 2 && report.rejected == 0)
        #expect(
            try await folder.schema() == [
                "b VARCHAR", "m VARCHAR", "deep VARCHAR", "t VARCHAR", "i VARCHAR", "u VARCHAR", "e VARCHAR",
                "bits VARCHAR", "j VARCHAR", "tiny INTEGER", "huge DECIMAL(20,0)", "f DOUBLE", "list VARCHAR[]",
                "s STRUCT(\"a_b\" VARCHAR, \"c.d\" DECIMAL(20,0), \"e\"\"f\" STRUCT(\"select\" VARCHAR), \"a_b_2\" INTEGER)",
            ]
        )
        let rows = try await folder.query(
            "SELECT b, m, deep, t, i, u, e, bits, j, tiny, huge, f, list FROM t WHERE b IS NOT NULL"
        )
        #expect(
            rows == [
                "AP9h,\"{\"\"k\"\":1,\"\"l\"\":null}\",\"{\"\"1\"\":{\"\"x y\"\":[true]}}\",10:20:30,3 days,"
                    + "d3a2cab8-b37e-436d-9cff-9b48678cd54e,x,101,\"{\"\"a\"\": 1}\",200,18446744073709551615,1.5,\"[\"\"YQ==\"\",null]\""
            ]
        )
        let members = "s.a_b AS a, s.\"c.d\" AS c, s.\"e\"\"f\".\"select\" AS e, s.a_b_2 AS x"
        #expect(
            try await folder.query("SELECT \(members) FROM t WHERE b IS NOT NULL") == [
                "Yw==,7,\"{\"\"k\"\":1}\",2"
            ]
        )
        #expect(try await folder.query("SELECT count(*) AS n FROM t WHERE s IS NULL AND list IS NULL") == ["1"])
    }

    @Test("Records of foreign types become events, too")
    func foreignEvents() async throws {
        let mapping = EventMapping(
            [.init(column: "user_id", value: .field("u")), .init(column: "occurred_at", value: .field("t"))],
            keepsRest: true
        )
        let folder = try DropFolder.events(mapping, .parquet)
        try await put(
            "SELECT CAST('ab' AS BLOB) AS u, TIMESTAMP '2024-01-01' AS t, MAP {'k': 1} AS m, 'x' AS _file",
            in: folder
        )
        #expect(try await folder.run().accepted == 1)
        #expect(
            try await folder.query("SELECT user_id, properties FROM event_log") == [
                "YWI=,\"{\"\"m\"\":\"\"{\\\"\"k\\\"\":1}\"\",\"\"_file\"\":\"\"x\"\"}\""
            ]
        )
    }

    @Test("Columns of Parquet that are named like ours, or like each other, keep their data")
    func parquetNames() async throws {
        let folder = try DropFolder.table(.parquet)
        try folder.put(try ParquetSamples.bytes(ParquetSamples.likeNames), as: "like.parquet")
        #expect(try await folder.run().accepted == 1)
        #expect(
            try await folder.schema() == [
                "a BIGINT", "A_1 BIGINT", "id_ BIGINT", "id__2 BIGINT",
                "s STRUCT(\"x\" BIGINT, \"X_1\" BIGINT, \"a_b\" BIGINT)",
            ]
        )
        let own = try DropFolder.table(.parquet)
        try await put(
            "SELECT 1 AS _file, 2 AS _row, 3 AS _id, 4 AS _ingested_at, 5 AS millrace_row, 6 AS _file_id",
            in: own
        )
        #expect(try await own.run().accepted == 1)
        #expect(
            try await own.query("SELECT file_, row_, id_, ingested_at_, millrace_row, file_id_, _row FROM t") == [
                "1,2,3,4,5,6,1"
            ]
        )
    }

    @Test("A decimal that the engine would misread turns its file away", arguments: ["wide", "nested"])
    func wideDecimals(name: String) async throws {
        let folder = try DropFolder.table(.parquet)
        let sample = name == "wide" ? ParquetSamples.wideDecimal : ParquetSamples.nestedWideDecimal
        try folder.put(try ParquetSamples.bytes(sample), as: "a.parquet")
        try await folder.putParquet("SELECT 1 AS n", as: "b.parquet")
        let report = try await folder.run()
        #expect(report.accepted == 1 && report.rejected == 1)
        #expect(
            try await folder.reasons() == [
                "it cannot be read as Parquet: column 'd' is a decimal of 39 digits; at most 38 can be read"
            ]
        )
    }

    @Test("A reason names no value of the file")
    func brokenText() async throws {
        let folder = try DropFolder.table(.parquet)
        try folder.put(try ParquetSamples.bytes(ParquetSamples.brokenText), as: "a.parquet")
        #expect(try await folder.run().rejected == 1)
        let reasons = try await folder.reasons()
        #expect(reasons.count == 1 && !reasons.joined().contains("secret"), "\(reasons)")
    }

    @Test("Whole numbers beyond 64 bits are kept, beside smaller ones too")
    func hugeNumbers() async throws {
        let folder = try DropFolder.table(.parquet)
        try await put("SELECT CAST(18446744073709551615 AS UBIGINT) AS n", in: folder)
        try await put("SELECT CAST(-5 AS BIGINT) AS n", in: folder, as: "b.parquet")
        #expect(try await folder.run().accepted == 2)
        #expect(try await folder.schema() == ["n DECIMAL(20,0)"])
        #expect(try await folder.query("SELECT n FROM t ORDER BY n") == ["-5", "18446744073709551615"])
    }

    @Test("Parquet files of one landing that disagree on a type get one that holds both")
    func widening() async throws {
        let folder = try DropFolder.table(.parquet)
        try await folder.putParquet(
            "SELECT CAST(1 AS INTEGER) AS n, CAST(1 AS INTEGER) AS m, 'x' AS t",
            as: "a.parquet"
        )
        try await folder.putParquet(
            "SELECT CAST(3000000000 AS BIGINT) AS n, 1.5 :: DOUBLE AS m, 2 AS t",
            as: "b.parquet"
        )
        #expect(try await folder.run().accepted == 2)
        #expect(try await folder.schema() == ["n BIGINT", "m DOUBLE", "t VARCHAR"])
    }

    @Test("A preview tells what would come of the files, and changes nothing")
    func preview() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("id,name\n1,Anna\n2\n3,Cleo\n", as: "a.csv")
        let job = try folder.job()
        for _ in 0..<2 {
            let preview = try await job.preview(rows: 1)
            #expect(
                preview.files == 1 && preview.sampled == ["drop/a.csv"] && preview.rows == 3 && preview.rejected == 1
            )
            #expect(preview.schema.fields.map { "\($0.name) \($0.type)" } == ["id BIGINT", "name VARCHAR"])
            #expect(preview.sample == [["id": "1", "name": "Anna"]])
            #expect(preview.reasons.map(\.reason) == ["it has 1 fields, the header has 2"])
        }
        #expect(try await folder.store.list(under: "").isEmpty)
        #expect(try await job.plan().items.count == 1)
    }
}
