import ConnectorTesting
import Foundation
import PipelineCore
import Testing

@testable import Ingestion

@Suite("Files that nobody should have made")
struct HostileFileTests {
    @Test("Every record of a hostile file is a row or a dead letter, plain and compressed", arguments: [false, true])
    func ndjson(isCompressed: Bool) async throws {
        let folder = try DropFolder.table(.ndjson)
        let big = String(repeating: "ż", count: 5_000_000)
        var content = Array(
            """
            {"a":1,"b":"x"}\r

            {"a":2,"b":{"c":[1,null,"q\\""]}}
            [1]
            5
            "text"
            null
            {"a":1
            {"a":3} {"a":4}
            {"A":5}
            {"a":6,"b":null}
            {"a":7,"c":1e400,"d":123456789012345678901234567890}
            {"a":8,"b":"\\u0000"}
            {"a":9,"a":10}
            {"":11,"x.y":12,"it's \\"odd\\"":13,"with space":14,"_id":15,"~/":16}
            {'a':1}
            {"b":"\\ud800"}
            {}

            """.utf8
        )
        content += Array("{\"a\":17,\"b\":\"\u{7F}".utf8) + [0x0B] + Array("\"}\n".utf8)
        content +=
            Array("{\"a\":18,\"b\":\"".utf8) + [0xFF, 0xFE] + Array("\"}\n{\"a\":19,\"b\":\"".utf8) + [0]
            + Array("\"}\n".utf8)
        content += Array("{\"a\":20,\"b\":\"\(big)\"}\n".utf8)
        content +=
            Array("{\"a\":21,\"b\":\"".utf8) + [UInt8](repeating: 0x78, count: longestRecord)
            + Array("\"}\n{\"a\":22}".utf8)
        try await folder.put(isCompressed ? content.gzipped : content, as: isCompressed ? "x.ndjson.gz" : "x.ndjson")
        let report = try await folder.run()

        #expect(report.rows == 23 && report.accepted == 11 && report.rejected == 12)
        let schema = try await folder.schema().sorted()
        #expect(
            schema == [
                "A BIGINT", "b VARCHAR", "c VARCHAR", "column BIGINT", "d VARCHAR", "id_ BIGINT", "it's_\"odd\" BIGINT",
                "with_space BIGINT", "x.y BIGINT", "~/ BIGINT",
            ]
        )
        let rows = try await folder.query("SELECT _row, a, length(b) AS l, c, d FROM t ORDER BY _row")
        #expect(
            rows == [
                "1,1,1,,", "2,2,20,,", "9,5,,,", "10,6,,,", "11,7,,1e400,123456789012345678901234567890", "13,9,,,",
                "14,,,,", "16,,1,,",
                "17,,,,", "21,20,5000000,,", "23,22,,,",
            ]
        )
        let odd = "SELECT \"column\", \"x.y\", \"it's_\"\"odd\"\"\", with_space, id_, \"~/\" FROM t WHERE _row = 14"
        #expect(try await folder.query(odd) == ["11,12,13,14,15,16"])
        let letters = try await folder.query(
            "SELECT _row, reason, encoding, length(raw) AS l FROM dead_letters ORDER BY _row"
        )
        #expect(
            letters == [
                "3,it is not a JSON object,text,3", "4,it is not a JSON object,text,1",
                "5,it is not a JSON object,text,6",
                "6,it is not a JSON object,text,4", "7,it is not a JSON object,text,6",
                "8,it is not a JSON object,text,15",
                "12,it contains a NUL character,text,20", "15,it is not a JSON object,text,7",
                "18,it is not a JSON object,text,17",
                "19,it is not valid UTF-8,base64,24", "20,it contains a NUL byte,base64,24",
                "22,it is longer than 16 MiB,text,1048576",
            ]
        )
    }

    @Test("Delimited files", arguments: [",", ";", "\t", "|"])
    func csv(delimiter: String) async throws {
        let folder = try DropFolder.table(.csv)
        let content = """
            \u{FEFF}id,name,,id,millrace_row,_file,na me,') DROP TABLE t --\r
            1,Anna,x,y,5,f,s,q\r
            2,"two
            lines, ""quoted\"\"",,"",,,,\r

            3,5" disk,,,,,,\r
            4,ragged\r
            5,"closed" badly,,,,,,\r
            6,\u{7}bell,,,,,,\r
            7,mid\rdle,,,,,,\r
            8,"re\rturn",,,,,,\r
            9," spaces ", ,,,,,\r
            10,"open,,,,,,\r
            11,last,,,,,,
            """
        try folder.put(content.replacing(",", with: delimiter), as: "x.csv")
        let report = try await folder.run()
        #expect(report.rows == 11 && report.accepted == 7 && report.rejected == 4)
        let schema = try await folder.schema()
        #expect(
            schema == [
                "id BIGINT", "name VARCHAR", "column_3 VARCHAR", "id_2 VARCHAR", "millrace_row BIGINT", "file_ VARCHAR",
                "na_me VARCHAR", "'__DROP_TABLE_t_-- VARCHAR",
            ]
        )
        let names = try await folder.query(
            "SELECT id, replace(replace(name, chr(10), '/'), chr(13), '/') AS name FROM t ORDER BY id"
        )
        #expect(
            names == [
                "1,Anna", "2,\"two/lines\(delimiter) \"\"quoted\"\"\"", "3,\"5\"\" disk\"", "6,\u{7}bell", "8,re/turn",
                "9, spaces ", "11,last",
            ]
        )
        let nulls = try await folder.query(
            "SELECT id_2 IS NULL AS a, id_2 = '' AS b, column_3 IS NULL AS c FROM t WHERE id = 2"
        )
        #expect(nulls == ["false,true,true"], "an empty field is no value, empty quotes are an empty text")
        let letters = try await folder.query("SELECT _row, reason FROM dead_letters ORDER BY _row")
        #expect(
            letters == [
                "4,\"it has 2 fields, the header has 8\"", "5,text follows a closing quote",
                "7,a carriage return stands outside quotes", "10,a quote is opened and never closed",
            ]
        )
    }

    @Test("A record of 5000 members makes a table, in the members' order or any other")
    func wide() async throws {
        let folder = try DropFolder.table(.ndjson)
        let members = (0..<5000).map { "\"c\($0)\":\($0 % 2 == 0 ? "\($0)" : "\"x\($0)\"")" }.joined(separator: ",")
        try folder.put("{\(members)}\n", as: "wide.ndjson")
        let report = try await folder.run()
        #expect(report.accepted == 1)
        #expect(try await folder.schema().count == 5000)
        #expect(try await folder.query("SELECT c4998, c4999 FROM t") == ["4998,x4999"])
    }

    @Test("A source with more members than a table has columns is refused, with the source's name and a cure")
    func tooWide() async throws {
        let folder = try DropFolder.table(.ndjson)
        let lines = (0..<5001).map { "{\"c\($0)\":1}\n" }
        try folder.put(lines.joined(), as: "wide.ndjson")
        let error = await #expect(throws: PipelineError.self) { try await folder.run() }
        #expect(error?.code == .schemaMismatch && error?.operation.contains("'files'") == true)
        #expect(error?.message.contains("wide.ndjson") == true && error?.hint != nil)
    }

    @Test("Names of members without a letter, or with control characters")
    func oddMembers() async throws {
        let folder = try DropFolder.table(.ndjson)
        try folder.put(
            #"""
            {"":1}
            {"\t":2,"a\nb":3,"x\n.exit\n;":5,"\u007f":6,"'":7,"\u2028":8,"__":9,"_file_id":10,"_ingested_at":11,"millrace_row":12}
            {"Ab":1}
            {"aB":2}

            """#,
            as: "x.ndjson"
        )
        let report = try await folder.run()
        #expect(report.accepted == 4 && report.rejected == 0)
        let names = try await folder.schema()
        #expect(
            Set(names) == [
                "column BIGINT", "column_ BIGINT", "a_b BIGINT", "x_.exit__ BIGINT", "\u{7F} BIGINT", "' BIGINT",
                "\u{2028} BIGINT", "column__ BIGINT", "file_id_ BIGINT", "ingested_at_ BIGINT", "millrace_row BIGINT",
                "Ab BIGINT",
            ],
            "\(names)"
        )
    }

    @Test("A file and a link to it are one content")
    func links() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("n\n1\n2\n", as: "a.csv")
        try FileManager.default.createSymbolicLink(
            atPath: folder.scratch.path("drop/b.csv"),
            withDestinationPath: "a.csv"
        )
        let report = try await folder.run()
        #expect(report.newFiles == 1 && report.rows == 2)
        try folder.append("3\n", to: "a.csv")
        #expect(try await folder.run().rows == 1)
        #expect(try await folder.query("SELECT n FROM t ORDER BY n") == ["1", "2", "3"])
    }

    @Test("Lines that do not match, and lines that the engine could trip over")
    func lines() async throws {
        let folder = try DropFolder.table { $0.pattern = LinePattern(#"^(?<code>\d+) (?<text>.*)$"#) }
        try folder.put(
            "1 a\tb|c;d,e\n2 \"open\n# comment\n3 '); --\r\n4 -\n5 back\\slash\n6 x\ry\n7 \u{2028}\u{85}\n",
            as: "x.log"
        )
        let report = try await folder.run()
        #expect(report.rows == 8 && report.accepted == 6 && report.rejected == 2)
        #expect(
            try await folder.query("SELECT code, text FROM t WHERE code < 7 ORDER BY code") == [
                "1,\"a\tb|c;d,e\"", "2,\"\"\"open\"", "3,'); --", "4,", "5,back\\slash",
            ]
        )
        let letters = try await folder.query("SELECT reason, raw FROM dead_letters ORDER BY _row")
        #expect(
            letters == [
                "it does not match the pattern,\"# comment\"", "it contains a carriage return,\"6 x\ry\"",
            ]
        )
    }

    @Test("Files with nothing in them are taken and give nothing", arguments: ["x.csv", "x.ndjson", "x.json", "x.log"])
    func empty(name: String) async throws {
        let folder = try DropFolder.table { options in
            if name == "x.log" { options.pattern = LinePattern("(?<all>.*)") }
        }
        try folder.put("", as: name)
        try await folder.put([UInt8]().gzipped, as: name + ".gz")
        try folder.put("\n \n", as: "blank-" + name)
        if name == "x.csv" { try folder.put("a,b\n", as: "header.csv") }
        let report = try await folder.run()
        #expect(report.rows == 0 && report.superseded == 0)
        #expect(try await folder.query("SELECT count(*) AS n FROM dead_letters") == ["0"])
        #expect(try await folder.query("SELECT count(*) AS n FROM t") == ["0"])
    }

    @Test("A compressed file that breaks off gives the rows before the break, one dead letter, and keeps all its bytes")
    func truncatedGzip() async throws {
        let folder = try DropFolder.table()
        let lines = (1...20_000).map { "{\"n\":\($0),\"text\":\"\($0 &* 2_654_435_761)\"}\n" }
        let packed = try await Array(lines.joined().utf8).gzipped
        try folder.put(Array(packed.prefix(packed.count / 2)), as: "x.ndjson.gz")
        let report = try await folder.run()
        #expect(report.accepted > 5000 && report.accepted < 15_000 && report.rejected == 1)
        #expect(try await folder.reasons() == ["the gzip data end before their time"])
        let raw = folder.scratch.files().filter { $0.hasPrefix("lake/raw/files/date=") }
        #expect(try raw.map { try [UInt8](folder.scratch.bytes($0)) } == [Array(packed.prefix(packed.count / 2))])

        try folder.put(packed, as: "x.ndjson.gz")
        let rest = try await folder.run()
        #expect(rest.grownFiles == 1 && rest.rejected == 0 && report.accepted + rest.accepted == 20_000)
        #expect(
            try await folder.query("SELECT count(*) AS n, sum(n) AS s, max(_row) AS r FROM t") == [
                "20000,200010000,20000"
            ]
        )
        #expect(try await folder.reasons() == [], "the break is mended")
    }

    @Test("Damage in a compressed file costs what is behind it, until the file comes whole")
    func damagedGzip() async throws {
        let folder = try DropFolder.table(.csv)
        let content = Array(("n,text\n" + (1...50_000).map { "\($0),\($0 &* 2_654_435_761)\n" }.joined()).utf8)
        let packed = try await content.gzipped
        var damaged = packed
        damaged.replaceSubrange(packed.count / 2..<packed.count / 2 + 64, with: [UInt8](repeating: 0x55, count: 64))
        try folder.put(damaged, as: "x.csv.gz")
        let report = try await folder.run()
        #expect(report.accepted > 10_000 && report.rejected >= 1)
        #expect(
            try await folder.query("SELECT count(*) AS n FROM dead_letters WHERE reason LIKE 'the gzip data%'") == ["1"]
        )
        try folder.put(packed, as: "x.csv.gz")
        try await folder.run()
        #expect(
            try await folder.query("SELECT count(*) AS n, sum(CAST(n AS BIGINT)) AS s FROM t") == ["50000,1250025000"]
        )
        #expect(try await folder.reasons() == [])
    }

    @Test("A file of which only the last bytes of the compression are missing is whole when they come")
    func missingTrailer() async throws {
        let folder = try DropFolder.table(.csv)
        let packed = try await Array("n\n1\n2\n".utf8).gzipped
        try folder.put(Array(packed.dropLast(8)), as: "x.csv.gz")
        #expect(try await folder.run().rejected == 1)
        try folder.put(packed, as: "x.csv.gz")
        try await folder.run()
        #expect(try await folder.query("SELECT n FROM t ORDER BY n") == ["1", "2"])
        #expect(try await folder.reasons() == [])
        try folder.put(Array(packed.dropLast(8)), as: "y.csv.gz")
        #expect(try await folder.run().rows == 0, "the part of it that can be read is known")
    }

    @Test("Compressed files in several members, and with garbage behind them")
    func members() async throws {
        let folder = try DropFolder.table(.csv)
        let first = try await Array("n\n1\n".utf8).gzipped
        let second = try await Array("2\n3\n".utf8).gzipped
        try folder.put(first + second + [0, 0, 0], as: "x.csv.gz")
        try folder.put(first + Array("garbage".utf8), as: "y.csv.gz")
        try folder.put(first, as: "z.csv.gz")
        try folder.put("n\n1\n", as: "plain.csv.gz")
        let report = try await folder.run()
        let reasons = try await folder.query("SELECT file, _row, reason FROM dead_letters ORDER BY file, _row")
        #expect(
            reasons == [
                "drop/plain.csv.gz,1,the gzip data are damaged (incorrect header check)",
                "drop/y.csv.gz,2,the gzip data are damaged (incorrect header check)",
            ]
        )
        #expect(report.accepted == 4 && report.rejected == 2)
        #expect(try await folder.query("SELECT n FROM t ORDER BY n") == ["1", "1", "2", "3"])
    }

    @Test("A Parquet file that cannot be read costs itself alone, and none of its bytes")
    func brokenParquet() async throws {
        let folder = try DropFolder.table(.parquet)
        try await folder.putParquet(
            "SELECT x AS n, repeat('abc', 50) AS t FROM (SELECT unnest(range(20000)) AS x) AS v",
            as: "good.parquet"
        )
        let good = try [UInt8](folder.scratch.bytes("drop/good.parquet"))
        try folder.put(Array(good.dropLast(100)), as: "cut.parquet")
        try folder.put("no parquet", as: "text.parquet")
        try folder.put("", as: "empty.parquet")
        var damaged = good
        for index in 100..<good.count / 2 { damaged[index] ^= 0x5A }
        try folder.put(damaged, as: "damaged.parquet")
        try await folder.putParquet("SELECT CAST(1 AS BIGINT) AS n, 'x' AS t WHERE false", as: "zero.parquet")
        try await folder.put(Array(good.gzipped.dropLast(50)), as: "cut.parquet.gz")
        let report = try await folder.run()
        #expect(report.accepted == 20_000 && report.rejected == 5)
        let reasons = try await folder.query("SELECT DISTINCT substr(reason, 1, 30) AS r FROM dead_letters")
        #expect(reasons == ["it cannot be read as Parquet: "])
        #expect(
            try await folder.query("SELECT file FROM dead_letters ORDER BY file") == [
                "drop/cut.parquet", "drop/cut.parquet.gz", "drop/damaged.parquet", "drop/empty.parquet",
                "drop/text.parquet",
            ]
        )
    }
}
