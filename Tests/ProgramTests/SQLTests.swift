import ConnectorTesting
import Foundation
import Testing

@Suite struct SQLTests {
    /// A pipeline that has run.
    private func shop() async throws -> Shop {
        let shop = try Shop()
        #expect(try await shop.millrace("run").code == 0)
        return shop
    }

    @Test("Rows come as a table, CSV, JSON or lines of JSON, and NULL is not the empty text")
    func prints() async throws {
        let shop = try await shop()
        let query = "SELECT 7 AS n, NULL AS nothing, '' AS empty, 'a \"b\", c' AS text, true AS yes"
        let csv = try await shop.millrace("sql", "--format", "csv", query)
        #expect(csv.output == "n,nothing,empty,text,yes\n7,,\"\",\"a \"\"b\"\", c\",true\n")

        struct Row: Decodable, Equatable { let n: Int, nothing: Int?, empty: String, text: String, yes: Bool }
        let row = Row(n: 7, nothing: nil, empty: "", text: "a \"b\", c", yes: true)
        let json = try await shop.millrace("sql", "--format", "json", query)
        #expect(try JSONDecoder().decode([Row].self, from: Data(json.output.utf8)) == [row])
        #expect(json.output.contains("\"nothing\":null"))
        let lines = try await shop.millrace("sql", "--format", "ndjson", "\(query) -- with a comment")
        #expect(try lines.lines.map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) } == [row])

        let table = try await shop.millrace("sql", "SELECT order_id, amount, day FROM orders ORDER BY 1")
        #expect(table.lines[0] == "order_id  amount  day")
        #expect(table.lines[2].hasPrefix("       2     5.5"), "\(table.output)")
        let nulls = try await shop.millrace("sql", query)
        #expect(nulls.lines[1].hasPrefix("7  NULL            a \"b\", c"), "\(nulls.output)")
        let none = try await shop.millrace("sql", "--format", "json", "SELECT * FROM orders WHERE false")
        #expect(try JSONDecoder().decode([Row].self, from: Data(none.output.utf8)).isEmpty)
    }

    @Test("Lists and structs are JSON in JSON; numbers that JSON does not have are texts")
    func nests() async throws {
        let shop = try await shop()
        let query = """
            SELECT [1, NULL] AS list, [] AS none, {'a': 'x"y', 'b': [{'c': DATE '2026-01-01'}]} AS nest,
            CAST(NULL AS INTEGER[]) AS nothing, CAST('nan' AS DOUBLE) AS nan, CAST('-inf' AS DOUBLE) AS low,
            [CAST('inf' AS DOUBLE), 1.5] AS mixed, ['NaN', '"NaN'] AS words
            """
        let row = #"""
            {"list":[1,null],"none":[],"nest":{"a":"x\"y","b":[{"c":"2026-01-01"}]},"nothing":null,"nan":"NaN","low":"-Infinity","mixed":["Infinity",1.5],"words":["NaN","\"NaN"]}
            """#.replacing("\\\\", with: "\\")
        let lines = try await shop.millrace("sql", "--format", "ndjson", query)
        #expect(lines.output == row + "\n", "\(lines.errors)")
        let json = try await shop.millrace("sql", "--format", "json", query)
        #expect(json.output == "[\n\(row)\n]\n")
        let csv = try await shop.millrace("sql", "--format", "csv", "SELECT [1, 2] AS list, {'a': 'b'} AS nest")
        #expect(csv.output == "list,nest\n\"[1,2]\",\"{\"\"a\"\":\"\"b\"\"}\"\n")
    }

    @Test("A question may begin with a comment, wherever the options stand")
    func comments() async throws {
        let shop = try Shop()
        for query in ["-- One.\nSELECT 1 AS n", "--One.\r\nSELECT 1 AS n", "/* One. */ SELECT 1 AS n"] {
            #expect(try await shop.millrace("sql", query, "--format", "csv").output == "n\n1\n")
            #expect(try await shop.millrace("sql", "--format", "csv", query).output == "n\n1\n")
        }
        #expect(try await shop.millrace("sql", "--fromat", "csv", "SELECT 1").errors.contains("--fromat"))
    }

    @Test("A question can come from standard input, and what rows hold cannot move the cursor")
    func reads() async throws {
        let shop = try await shop()
        let answer = try await shop.millrace("sql", input: "SELECT count(*) AS n\nFROM orders;\n")
        #expect(answer.output == "n\n2\n")
        let notes = try await shop.millrace("sql", "SELECT properties FROM events WHERE anonymous_id = 'bob'")
        #expect(notes.code == 0 && notes.output.contains("[31mred"))
        let ring = try await shop.millrace("sql", "SELECT chr(27) || 'x' || chr(10) AS c")
        #expect(ring.lines == ["c", "·x⏎"])
    }

    @Test(
        "Nothing can be changed and nothing outside of the lake be read",
        arguments: [
            ("INSERT INTO orders VALUES (1)", "write one SELECT"),
            ("DROP TABLE orders", "write one SELECT"),
            ("COPY (SELECT 1) TO '/tmp/millrace-never'", "write one SELECT"),
            ("ATTACH 'x.db'", "write one SELECT"),
            ("SELECT 1; SELECT 2", "a second statement begins here"),
            ("SELECT 1) TO '/tmp/millrace-never' --", "')' without its '('"),
            ("SELECT * FROM read_csv('/etc/passwd')", "a query can read the tables of the lake, and nothing else"),
            ("SELECT * FROM read_text('/etc/hostname')", "a query can read the tables of the lake, and nothing else"),
            ("SELECT getenv('HOME') AS home", "a query can read the tables of the lake, and nothing else"),
            ("", "there is no statement"),
        ]
    )
    func refuses(_ query: String, _ reason: String) async throws {
        let folder = try ScratchDirectory()
        try folder.write("lake: { use: local, path: lake }\n", to: "millrace.yaml")
        let answer = try await Program(directory: folder.path)("sql", query)
        #expect(answer.code == 2)
        #expect(answer.output.isEmpty)
        #expect(answer.errors.contains(reason), "\(answer.errors)")
        #expect(!FileManager.default.fileExists(atPath: "/tmp/millrace-never"))
    }

    @Test("A reader that has seen enough ends the program in peace; a full disk does not")
    func printsIntoTheVoid() async throws {
        let shop = try await shop()
        let many = "SELECT i FROM range(5000000) AS numbers(i)"
        let head = try await shell(
            "'\(Program.built)' sql --format csv '\(many)' | head -n 2; echo ${PIPESTATUS[0]}",
            in: shop
        )
        #expect(head.output == "i\n0\n0\n", "\(head.errors)")
        #expect(head.errors.isEmpty)
        let full = try await shell("'\(Program.built)' sql --format csv '\(many)' > /dev/full", in: shop)
        #expect(full.code == 1)
        #expect(full.errors.contains("No space left on device"))
    }

    private func shell(_ script: String, in shop: Shop) async throws -> Program.Answer {
        try await Program(directory: shop.folder.path, path: "/bin/bash").start(["-c", script])
    }

    @Test("A mistake is told with its line, and an unknown table with those that there are")
    func explains() async throws {
        let shop = try await shop()
        let table = try await shop.millrace("sql", "SELECT *\nFROM\n  odrers")
        #expect(table.code == 2)
        #expect(table.errors.contains("query:3: ") && table.errors.contains("daily_sales"))
        #expect(!table.errors.contains("pg_"))
        let column = try await shop.millrace("sql", "SELECT\n  amuont\nFROM orders")
        #expect(column.errors.contains("query:2: ") && column.errors.contains("\"amount\""))
        let value = try await shop.millrace("sql", "SELECT CAST('a secret' AS INTEGER) AS n")
        #expect(value.code == 2 && !value.errors.contains("a secret"))
    }
}
