import ConnectorTesting
import Foundation
import Testing

/// What the queries of jobs tell before anything runs.
@Suite struct QueryOrderTests {
    private let folder: ScratchDirectory
    private let millrace: Program

    init() throws {
        folder = try ScratchDirectory()
        millrace = Program(directory: folder.path)
        try folder.write("order_id,day\n1,2026-01-01\n", to: "drop/orders.csv")
    }

    private func configure(_ jobs: String...) throws {
        let start = """
            lake: { use: local, path: lake }
            sources:
              orders: { use: files, path: drop/orders.csv, table: orders }
            jobs:

            """
        try folder.write(start + jobs.map { "  \($0)\n" }.joined(), to: "millrace.yaml")
    }

    @Test("A job runs after the job that writes what its query reads, wherever it stands")
    func orders() async throws {
        try configure(
            "a: { use: sql, into: ta, query: SELECT sum(tc) AS n FROM tb }",
            "b: { use: sql, into: tb, query: 'SELECT 1 AS tc FROM orders, lateral (SELECT 1)' }",
            "c: { use: sql, into: tc, query: 'WITH ta AS (SELECT day FROM orders) SELECT * FROM ta' }"
        )
        let run = try await millrace("run")
        #expect(run.code == 0, "\(run.output)")
        #expect(run.lines.filter { $0.hasPrefix("job") }.map { $0.split(separator: " ")[1] } == ["b", "a", "c"])
        #expect(try await millrace("run").code == 0)
        #expect(try await millrace("run").output.contains("Nothing new"))
    }

    @Test("A job whose input was not computed waits, though it names no other job")
    func waits() async throws {
        try configure(
            "a: { use: sql, into: ta, query: SELECT * FROM tb }",
            "b: { use: sql, into: tb, query: SELECT nosuch FROM orders }"
        )
        let run = try await millrace("run")
        #expect(run.lines.contains { $0.hasPrefix("job     a ") && $0.contains("it waits for 'b'") }, "\(run.output)")
    }

    @Test("Jobs that read each other's tables are refused, both of them named")
    func circles() async throws {
        try configure(
            "a: { use: sql, into: ta, query: SELECT * FROM tb }",
            "b: { use: sql, into: tb, after: [c], query: SELECT 1 AS n }",
            "c: { use: sql, into: tc, query: SELECT * FROM orders JOIN ta USING (n) }"
        )
        let check = try await millrace("check")
        #expect(check.code == 2)
        let expected =
            "millrace.yaml:5:3: jobs.a: the jobs wait for each other: a → b → c → a (a reads 'tb', which b writes; b has c in its `after`; c reads 'ta', which a writes)\n"
        #expect(check.errors == expected)
    }

    @Test(
        "Trying the config parses each query against the tables that there are or will be",
        arguments: [
            ("SELECT 1 AS a; SELECT 2 AS b", "one"), ("SELEC 1", "bad.sql:1: Parser Error"),
            ("SELECT *\nFROM nosuch", "bad.sql:2: Catalog Error: Table with name nosuch"),
            ("SELECT 1 FROM event_log", "bad.sql:1: Catalog Error: Table with name event_log"),
            ("SELECT nosuch FROM dead_letters", "bad.sql:1: Binder Error"),
            ("SELECT nosuch\nFROM sessions", "bad.sql:1: Binder Error"),
            ("SELECT * FROM orders\nJOIN nosuch USING (x)", "bad.sql:2: Catalog Error: Table with name nosuch"),
            ("SELECT nosuch FROM good_table", "bad.sql:1: Binder Error"),
            ("SELECT 1 AS other", "`columns` describes 'day'"),
        ]
    )
    func tries(_ query: String, _ problem: String) async throws {
        try configure(
            "clickstream: { use: clickstream }",
            "good: { use: sql, into: good_table, query: SELECT 1 AS day }",
            "bad: { use: sql, into: bad_table, query: bad.sql, columns: { day: The day } }"
        )
        try folder.write(query, to: "bad.sql")
        for command in [["check", "--connect"], ["doctor"]] {
            let answer = try await millrace.start(command)
            #expect(answer.code == 1)
            let lines = (answer.output + answer.errors).split(separator: "\n")
            #expect(lines.contains { $0.contains("jobs.bad") && $0.contains(problem) }, "\(lines)")
            #expect(!lines.contains { $0.contains("jobs.good") && $0.contains("rror") }, "\(lines)")
        }
    }

    @Test("A table that is still to be made is no problem, and the doctor says so")
    func triesEarly() async throws {
        try configure(
            "later: { use: sql, into: later, query: SELECT n + 1 AS m FROM sooner JOIN orders ON order_id = n }",
            "sooner: { use: sql, into: sooner, query: SELECT 1 AS n }"
        )
        let early = try await millrace("doctor")
        #expect(early.code == 0, "\(early.output)")
        #expect(early.lines.contains { $0.hasPrefix("jobs.later ") && $0.contains("'orders' is not there yet") })
        #expect(try await millrace("check", "--connect").code == 0)
        #expect(try await millrace("run").code == 0)
        let late = try await millrace("doctor")
        #expect(late.code == 0, "\(late.output)")
        #expect(!late.output.contains("not there yet"))
    }
}
