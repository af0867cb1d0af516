import PipelineConfig
import Testing

@Suite("Checks between the blocks of the config")
struct CrossCheckTests {
    private let lake = "lake: { use: local, path: lake }\n"

    private func jobs(_ lines: String...) throws -> [String] {
        try issues(lake + "jobs:\n" + lines.map { "  \($0)\n" }.joined())
    }

    @Test("Jobs that wait for each other are shown as a cycle, each cycle once")
    func cycles() throws {
        let found = try jobs(
            "a: { use: sql, query: q, into: t_a, after: [d, b] }",
            "b: { use: sql, query: q, into: t_b, after: [c] }",
            "c: { use: sql, query: q, into: t_c, after: [a] }",
            "d: { use: sql, query: q, into: t_d }",
            "e: { use: sql, query: q, into: t_e, after: [e] }",
            "f: { use: sql, query: q, into: t_f, after: [a] }"
        )
        #expect(
            found == [
                "f:3:50: jobs.a.after[1]: the jobs wait for each other: a → b → c → a (take one of them out of `after`)",
                "f:7:47: jobs.e.after[0]: the job waits for itself (take one of them out of `after`)",
            ]
        )
    }

    @Test("A table has one writer, and the block that names the table is to blame")
    func writers() throws {
        let text =
            lake + """
                sources:
                  orders: { use: files, path: x, format: csv, table: orders }
                  again: { use: files, path: y, format: csv, table: orders }
                  log: { use: files, path: y, format: csv, table: sessions }
                jobs:
                  clickstream: { use: clickstream }
                  mine: { use: sql, query: q, into: users }
                  yours: { use: sql, query: q, into: orders }
                  second: { use: sql, query: q, into: event_log }
                  third: { use: sql, query: q, into: dead_letters }
                """
        #expect(
            try issues(text) == [
                "f:4:53: sources.again.table: the table 'orders' is already written by sources.orders (choose another name)",
                "f:5:51: sources.log.table: the table 'sessions' is already written by jobs.clickstream (choose another name)",
                "f:8:37: jobs.mine.into: the table 'users' is already written by jobs.clickstream (choose another name)",
                "f:9:38: jobs.yours.into: the table 'orders' is already written by sources.orders (choose another name)",
                "f:10:39: jobs.second.into: the table 'event_log' is kept for events (choose another name)",
                "f:11:38: jobs.third.into: the table 'dead_letters' is kept for rejected rows (choose another name)",
            ]
        )
    }

    @Test("A name that databases keep for themselves is refused where it stands")
    func keptNames() throws {
        let text =
            lake + """
                sources:
                  orders: { use: files, path: x, format: csv, table: _millrace }
                jobs:
                  mine: { use: sql, query: q, into: sqlite_x }
                """
        #expect(
            try issues(text) == [
                "f:3:54: sources.orders.table: the table '_millrace' could not be delivered to a database (choose a name that does not begin with _millrace)",
                "f:5:37: jobs.mine.into: the table 'sqlite_x' could not be delivered to a database (choose a name that does not begin with sqlite_)",
            ]
        )
    }

    @Test("Of two jobs that name no table the second is to blame, once")
    func twoClickstreams() throws {
        #expect(
            try jobs("a: { use: clickstream }", "b: { use: clickstream }") == [
                "f:4:3: jobs.b: the tables 'events', 'sessions', 'users', 'daily_metrics' are already written by jobs.a (remove one of the two)"
            ]
        )
    }

    @Test("Exports name datasets that something writes")
    func exports() throws {
        let text =
            lake + """
                sources:
                  orders: { use: files, path: x, format: csv, table: orders }
                jobs:
                  clickstream: { use: clickstream }
                exports:
                  a: { use: sqlite, path: x, datasets: [orders, sesions, event_log, revenue] }
                  b: { use: sqlite, path: y, datasets: all }
                """
        #expect(
            try issues(text) == [
                "f:7:49: exports.a.datasets[1]: no dataset is called 'sesions' (did you mean 'sessions'?)",
                "f:7:69: exports.a.datasets[3]: no dataset is called 'revenue' (there are: daily_metrics, events, orders, sessions, users)",
            ]
        )
    }

    @Test("Two exports do not deliver to the same place")
    func paths() throws {
        let text =
            lake + """
                exports:
                  a: { use: csv, path: out/, flavor: tableau, datasets: all }
                  b: { use: csv, path: ./out, flavor: power-bi, datasets: all }
                  c: { use: csv, path: /out, flavor: power-bi, datasets: all }
                  d: { use: sqlite, path: out, datasets: all }
                """
        let found = try issues(text)
        #expect(
            found == [
                "f:4:24: exports.b.path: exports.a delivers to './out' already (choose another path)",
                "f:6:27: exports.d.path: exports.b delivers to 'out' already (choose another path)",
            ]
        )
    }

    @Test("Where a block is wrong, nothing is said of datasets that it might write")
    func unsound() throws {
        let text =
            lake + """
                jobs:
                  a: { use: sqll, query: q, into: revenue }
                exports:
                  a: { use: sqlite, path: x, datasets: [revenue] }
                """
        #expect(
            try issues(text) == [
                "f:3:13: jobs.a.use: no job is called 'sqll' (did you mean 'sql'? built in: clickstream, sql)"
            ]
        )
    }

    @Test("A job reads tables that something writes")
    func reads() throws {
        let found = try jobs(
            "clickstream: { use: clickstream }",
            "a: { use: sql, query: SELECT 1 FROM sessions, into: t_a }",
            "b: { use: sql, query: SELECT 1 FROM sessions, into: t_b, after: [clickstream] }",
            "c: { use: sql, query: SELECT 1 FROM sessions, into: t_c, after: [b] }",
            "d: { use: sql, query: SELECT 1 FROM t_d, into: t_d }",
            "e: { use: sql, query: SELECT 1 FROM event_log, into: t_e }",
            "f: { use: sql, query: SELECT 1 FROM sesions, into: t_f }"
        )
        #expect(
            found == [
                "f:9:3: jobs.f: no dataset is called 'sesions' (did you mean 'sessions'?)"
            ]
        )
    }

    @Test("A job that is named twice is refused once")
    func twice() throws {
        #expect(
            try jobs("a: { use: sql, query: q, into: t_a }", "a: { use: sql, query: q, into: t_b }") == [
                "f:4:3: jobs.a: the key stands here twice (give the second job a name of its own)"
            ]
        )
    }
}
