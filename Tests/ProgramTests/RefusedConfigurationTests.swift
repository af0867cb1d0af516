import ConnectorTesting
import Testing

/// Values that are of the right kind and cannot be meant.
@Suite struct RefusedConfigurationTests {
    private static let source = "sources:\n  h: { use: files, "
    private static let columns = "header: false, columns: "

    @Test(
        "A value that cannot be meant is refused where it stands, with 2",
        arguments: [
            (
                "jobs:\n  c: { use: clickstream, session_gap: 100000000w }",
                "3:39: jobs.c.session_gap: '100000000w' is not a duration from 1ms to 30d"
            ),
            (
                "jobs:\n  c: { use: clickstream, session_gap: 0s }",
                "jobs.c.session_gap: '0s' is not a duration from 1ms to 30d"
            ),
            (
                "jobs:\n  c: { use: clickstream, funnels: { f: { steps: [a], within: 15250285w } } }",
                "jobs.c.funnels.f.within: '15250285w' is not a duration from 1ms to 3660d"
            ),
            (
                "engine: { use: duckdb, timeout: 90000000w }",
                "engine.timeout: '90000000w' is not a duration from 1s to 30d"
            ),
            (
                "engine: { use: duckdb, memory: 4 }",
                "engine.memory: '4' is not an amount of memory or disk of at least 128MB"
            ),
            ("engine: { use: duckdb, disk: 4 }", "engine.disk: '4' is not an amount of memory or disk of at least 1MB"),
            (source + "path: h, \(columns)[a, A], table: h }", "sources.h.columns: two of the names are one column"),
            (source + "path: 'h-*.log.gz', table: h }", "sources.h.path: lines need a pattern"),
            (
                source + "path: h.csv, columns: a, header: false, table: h }",
                "3:42: sources.h.columns: a single value where a list belongs (write [a])"
            ),
            (
                "jobs:\n  c: { use: clickstream, conversions: purchase }",
                "3:39: jobs.c.conversions: a single value where a list belongs (write [purchase])"
            ),
            (
                "jobs:\n  s: { use: sql, query: SELECT 1 AS a, into: t, checks: { unique: [a] } }",
                "jobs.s.checks: a map of keys where a list belongs (write [{ … }])"
            ),
            (
                "exports:\n  e: { use: sqlite, path: b, datasets: event_log }",
                "exports.e.datasets: a single value where a list belongs (write [event_log])"
            ),
            (
                "exports:\n  e: { use: sqlite, path: ./data/lake }",
                "exports.e.path: './data/lake' is the lake's own directory"
            ),
            (
                "exports:\n  e: { use: csv, flavor: tableau, path: data/x/../lake/out }",
                "exports.e.path: 'data/x/../lake/out' is inside of the lake"
            ),
            (
                "exports:\n  e: { use: sqlite, path: out }\n  f: { use: csv, flavor: tableau, path: out/ }",
                "exports.f.path: exports.e delivers to 'out/' already"
            ),
            ("state: data", "2:8: state: the lake is inside of 'data'"),
            ("state: data/lake", "state: 'data/lake' is the lake's own directory"),
            ("state: data/lake/.millrace", "state: 'data/lake/.millrace' is inside of the lake"),
        ]
    )
    func refuses(_ text: String, _ problem: String) async throws {
        let folder = try ScratchDirectory()
        try folder.write("lake: { use: local, path: data/lake }\n\(text)\n", to: "millrace.yaml")
        let answer = try await Program(directory: folder.path)("check")
        #expect(answer.code == 2, "\(answer.errors)")
        #expect(answer.errors.contains(problem), "\(answer.errors)")
        #expect(answer.errors.split(separator: "\n").count == 1, "\(answer.errors)")
    }

    @Test(
        "What looks like it and can be meant is accepted",
        arguments: [
            "exports:\n  e: { use: sqlite, path: data/bi.sqlite }\n  f: { use: csv, flavor: tableau, path: data/lakes }",
            "state: data/state", "engine: { use: duckdb, memory: 128MB, timeout: 30d }",
            source + "path: h.log, format: csv, table: h }", source + "path: h.log, pattern: combined, table: h }",
            source + "path: h.csv, pattern: combined, table: h }",
        ]
    )
    func accepts(_ text: String) async throws {
        let folder = try ScratchDirectory()
        try folder.write("lake: { use: local, path: data/lake }\n\(text)\n", to: "millrace.yaml")
        let answer = try await Program(directory: folder.path)("check")
        #expect(answer.code == 0, "\(answer.errors)")
    }

    @Test("Sources that name both targets, or none, are told that alone")
    func targets() async throws {
        let folder = try ScratchDirectory()
        try folder.write(
            """
            lake: { use: local, path: lake }
            sources:
              a: { use: files, path: a, table: a, events: segment }
              b: { use: files, path: b, table: b, events: segment }
              c: { use: files, path: c }
              d: { use: files, path: d, table: table }

            """,
            to: "millrace.yaml"
        )
        let answer = try await Program(directory: folder.path)("check")
        let lines = answer.errors.split(separator: "\n").map { $0.prefix { $0 != "(" } }
        #expect(
            lines == [
                "millrace.yaml:3:36: sources.a.table: rows become events or a table, not both ",
                "millrace.yaml:4:36: sources.b.table: rows become events or a table, not both ",
                "millrace.yaml:5:3: sources.c: it does not say what its rows become ",
            ],
            "\(answer.errors)"
        )
    }
}
