import ConnectorTesting
import Foundation
import Glibc
import Subprocess
import Testing

@Suite struct RunTests {
    @Test("A run takes, computes and delivers; the next one finds nothing new")
    func runsTwice() async throws {
        let shop = try Shop()
        let first = try await shop.millrace("run")
        #expect(first.code == 0, "\(first.errors)")
        #expect(first.output.contains("1 file, 4 rows = 3 into event_log + 1 rejected"))
        #expect(first.output.contains("daily_sales, 2 rows"))
        #expect(first.output.contains("dead_letters; `millrace replay` lists them."))
        #expect(shop.folder.files().contains("bi.sqlite"))
        #expect(shop.folder.files().contains("csv/sessions.csv"))

        let second = try await shop.millrace("run")
        #expect(second.code == 0)
        #expect(second.output.contains("nothing new in 1 file"))
        #expect(second.lines.last == "Nothing new: everything is up to date.")

        try shop.folder.write("order_id,day,amount\n3,2026-01-03,1.25\n", to: "drop/orders-2.csv")
        let third = try await shop.millrace("run")
        #expect(third.output.contains("1 file, 1 row = 1 into orders + 0 rejected"))
        #expect(third.lines.first { $0.contains("clickstream") }?.hasSuffix("up to date") == true)
        #expect(third.output.contains("daily_sales, 3 rows"))
        #expect(try await shop.millrace("sql", "SELECT count(*) AS n FROM orders").lines == ["n", "3"])
    }

    @Test("A named part runs with what it needs and nothing else")
    func runsByName() async throws {
        let shop = try Shop()
        let sales = try await shop.millrace("run", "sales")
        #expect(sales.code == 0, "\(sales.errors)")
        #expect(sales.lines.dropLast().map { $0.split(separator: " ")[1] } == ["orders", "sales"])
        let export = try await shop.millrace("run", "powerbi")
        #expect(export.lines.dropLast(2).map { $0.split(separator: " ")[1] } == ["clicks", "clickstream", "powerbi"])
        let full = try await shop.millrace("run", "sales", "--full")
        #expect(full.output.contains("daily_sales, 2 rows"))
    }

    @Test("The report as JSON is one object that tells rows in and out")
    func reportsAsJSON() async throws {
        struct Report: Decodable {
            struct Source: Decodable { let name: String, outcome: String, rows: Int, accepted: Int, rejected: Int }
            struct Job: Decodable { let name: String, outcome: String, rows: [String: Int] }
            let run: String, sources: [Source], jobs: [Job]
        }
        let shop = try Shop()
        let answer = try await shop.millrace("run", "--json")
        #expect(answer.lines.count == 1)
        let report = try JSONDecoder().decode(Report.self, from: Data(answer.output.utf8))
        #expect(report.sources.map(\.name) == ["clicks", "orders"])
        #expect(report.sources[0].rows == 4 && report.sources[0].accepted == 3 && report.sources[0].rejected == 1)
        #expect(report.jobs[1].rows == ["daily_sales": 2])

        let runs = try await shop.millrace("runs", "--json")
        #expect(try JSONDecoder().decode(Report.self, from: Data(runs.output.utf8)).run == report.run)
        #expect(try await shop.millrace("runs", report.run).output.contains("daily_sales, 2 rows"))
    }

    @Test("A failed query is told with its file and line, and stops what needs its table")
    func failsInSQL() async throws {
        let shop = try Shop()
        try shop.folder.write("SELECT day,\n  amuont\nFROM orders\n", to: "sql/sales.sql")
        let answer = try await shop.millrace("run")
        #expect(answer.code == 1)
        #expect(answer.output.contains("sql/sales.sql:2: "))
        #expect(answer.output.contains("not run: it waits for 'sales', which did not succeed"))
        #expect(answer.lines.contains { $0.hasPrefix("export  powerbi") && $0.hasSuffix("1 dataset, 2 rows") })
    }

    @Test("A check that does not hold keeps the old table, and a changed check is made")
    func failsInCheck() async throws {
        let shop = try Shop()
        #expect(try await shop.millrace("run").code == 0)
        let twice = "SELECT day, 1 AS orders FROM orders UNION ALL SELECT day, 2 FROM orders"
        try shop.folder.write(twice, to: "sql/sales.sql")
        let answer = try await shop.millrace("run")
        #expect(answer.code == 3)
        let reason = "check failed: checking job 'sales': 2 values of day stand in more than one row"
        #expect(answer.output.contains(reason), "\(answer.output)")
        #expect(try await shop.millrace("sql", "SELECT sum(orders) AS n FROM daily_sales").lines == ["n", "2"])
        #expect(answer.lines.contains { $0.hasPrefix("export  local") && $0.contains("it waits for 'sales'") })

        let config = Shop.config.replacing("{ unique: [day] }", with: "{ row_count: { max: 3 } }")
        try shop.folder.write(config, to: "millrace.yaml")
        try shop.folder.write(Shop.query, to: "sql/sales.sql")
        #expect(try await shop.millrace("run").code == 0)
        try shop.folder.write(config.replacing("max: 3", with: "max: 1"), to: "millrace.yaml")
        #expect(try await shop.millrace("run").code == 3)
    }

    @Test("What a job says of its columns is shown and shipped; a text without a column is told")
    func describesColumns() async throws {
        let shop = try Shop()
        #expect(try await shop.millrace("run").code == 0)
        let words = """
                description: |
                  Sales by day.
                  One row is a day.
                columns: { Day: "When it was sold", amount: "Euros, with | and <tax>" }
            """
        var config = Shop.config.replacing("    into: daily_sales\n", with: "    into: daily_sales\n\(words)\n")
        config = config.replacing("path: csv, datasets: [sessions]", with: "path: csv, datasets: [daily_sales]")
        config += "  tableau: { use: csv, flavor: tableau, path: tds, datasets: [daily_sales] }\n"
        try shop.folder.write(config, to: "millrace.yaml")
        let answer = try await shop.millrace("run")
        #expect(answer.code == 0, "\(answer.output)\(answer.errors)")
        let table = try await shop.millrace("tables", "daily_sales").output
        #expect(table.hasPrefix("daily_sales: Sales by day. One row is a day.\n"), "\(table)")
        #expect(table.contains("When it was sold") && table.contains("Euros, with | and <tax>"))
        let readme = try shop.folder.read("csv/README.md")
        #expect(readme.contains("Sales by day. One row is a day."))
        #expect(readme.contains(" | Euros, with \\| and <tax> |"), "\(readme)")
        #expect(try shop.folder.read("csv/schema.json").contains("\"description\" : \"When it was sold\""))
        #expect(try shop.folder.read("tds/daily_sales.tds").contains("<run>Euros, with | and &lt;tax&gt;</run>"))

        try shop.folder.write(config.replacing("amount: \"", with: "amuont: \""), to: "millrace.yaml")
        let wrong = try await shop.millrace("run")
        #expect(wrong.code == 1)
        #expect(wrong.output.contains("'amuont', which the query does not return"), "\(wrong.output)")
        #expect(wrong.output.contains("it returns: day, orders, amount"), "\(wrong.output)")
        try shop.folder.write(config.replacing("columns: {", with: "columns: { day: twice,"), to: "millrace.yaml")
        let twice = try await shop.millrace("check")
        #expect(twice.code == 2 && twice.errors.contains("two of the names are one column"), "\(twice.errors)")
    }

    @Test("What no job makes any more leaves the exports with the next run, and what others made stays")
    func removesDatasets() async throws {
        let shop = try Shop()
        let config = Shop.config.replacing("datasets: [sessions, daily_sales]", with: "datasets: all")
            .replacing("path: csv, datasets: [sessions]", with: "path: csv, datasets: all")
        try shop.folder.write(config, to: "millrace.yaml")
        #expect(try await shop.millrace("run").code == 0)
        try shop.folder.write("mine", to: "csv/daily_sales_of_mine.csv")
        let tables = "SELECT group_concat(name) FROM sqlite_master WHERE type = 'table' AND name LIKE 'daily_sales%'"
        #expect(try await sqlite(tables, in: shop) == "daily_sales\n")
        #expect(shop.folder.files().contains("csv/daily_sales.csv"))

        let start = try #require(config.range(of: "  sales:\n")?.lowerBound)
        let end = try #require(config.range(of: "exports:\n")?.lowerBound)
        try shop.folder.write(config.replacingCharacters(in: start..<end, with: ""), to: "millrace.yaml")
        let answer = try await shop.millrace("run")
        #expect(
            answer.lines.contains { $0.hasPrefix("export  local") && $0.contains("12 datasets") },
            "\(answer.output)"
        )
        #expect(try await sqlite(tables, in: shop) == "\n")
        #expect(try await sqlite("SELECT count(*) FROM _millrace WHERE dataset = 'daily_sales'", in: shop) == "0\n")
        #expect(!shop.folder.files().contains("csv/daily_sales.csv"))
        #expect(try !shop.folder.read("csv/README.md").contains("daily_sales"))
        #expect(try shop.folder.read("csv/daily_sales_of_mine.csv") == "mine")
        #expect(try await shop.millrace("run").lines.last == "Nothing new: everything is up to date.")
    }

    private func sqlite(_ query: String, in shop: Shop) async throws -> String {
        let script =
            "import sqlite3, sys; print(sqlite3.connect('bi.sqlite').execute(sys.argv[1]).fetchone()[0] or (0 if 'count(*)' in sys.argv[1] else ''))"
        return try await Program(directory: shop.folder.path, path: "/usr/bin/env").start(
            ["python3", "-c", script, query]
        ).output
    }

    @Test("A query over a table whose source has no files yet says so")
    func waitsForFiles() async throws {
        let shop = try Shop()
        try FileManager.default.removeItem(atPath: shop.folder.path("drop/orders-1.csv"))
        let answer = try await shop.millrace("run", "sales")
        #expect(answer.code == 1)
        #expect(answer.output.contains("no files found"))
        #expect(answer.output.contains("'orders' comes with the first file of the source 'orders'"))
    }

    @Test("Of two runs at once the second is told so")
    func runsAlone() async throws {
        let shop = try Shop()
        #expect(try await shop.millrace("run").code == 0)
        let lock = unsafe open(shop.folder.path(".millrace/run.lock"), O_RDWR)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        let answer = try await shop.millrace("run")
        #expect(answer.code == 1)
        #expect(answer.errors.contains("another run of this pipeline is going on: process "))
        #expect(try await shop.millrace("vacuum").code == 1)
        #expect(try await shop.millrace("sql", "SELECT count(*) AS n FROM orders").code == 0)
        #expect(try await shop.millrace("status").code == 0)

        flock(lock, LOCK_UN)
        try shop.folder.write("order_id,day,amount\n3,2026-01-03,1.25\n", to: "drop/orders-2.csv")
        async let one = shop.millrace("run").code
        async let other = shop.millrace("run").code
        let codes = try await [one, other]
        #expect(codes.contains(0) && codes.allSatisfy { $0 == 0 || $0 == 1 })
        #expect(try await shop.millrace("sql", "SELECT count(*) AS n FROM orders").lines == ["n", "3"])
    }

    @Test("A lake that was full and is empty now is not filled anew")
    func missesItsLake() async throws {
        let shop = try Shop()
        #expect(try await shop.millrace("run").code == 0)
        try FileManager.default.moveItem(atPath: shop.folder.path("lake"), toPath: shop.folder.path("unmounted"))
        let answer = try await shop.millrace("run")
        #expect(answer.code == 1)
        #expect(answer.errors.contains("the lake is empty, though run "))
        #expect(answer.errors.contains("mount or put back its directory"))
        #expect(try await shop.millrace("tables").output == "No tables yet; `millrace run` makes them.\n")
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path("lake")))
        try FileManager.default.moveItem(atPath: shop.folder.path("unmounted"), toPath: shop.folder.path("lake"))
        #expect(try await shop.millrace("run").lines.last == "Nothing new: everything is up to date.")
    }
}
