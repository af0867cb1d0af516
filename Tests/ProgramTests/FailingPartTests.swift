import ConnectorTesting
import Foundation
import Testing

/// One part that fails beside others that do not.
@Suite struct FailingPartTests {
    private let shop: Shop

    init() throws { shop = try Shop() }

    @Test("A source that cannot be shown does not hide the others")
    func previews() async throws {
        try shop.folder.write(Shop.config.replacing("drop/clicks*", with: "nowhere/clicks*"), to: "millrace.yaml")
        let answer = try await shop.millrace("preview")
        #expect(answer.code == 1)
        #expect(answer.errors.hasPrefix("millrace: clicks: ") && answer.errors.contains("nowhere does not exist"))
        #expect(answer.output.contains("orders: 1 file, all of them read\n2 rows"))
        #expect(try await shop.millrace("preview", "orders").code == 0)
        #expect(try await shop.millrace("preview", "clicks").code == 1)
    }

    @Test("A source that cannot be looked at does not hide the status of the others")
    func looks() async throws {
        try shop.folder.write(Shop.config.replacing("drop/clicks*", with: "nowhere/clicks*"), to: "millrace.yaml")
        let answer = try await shop.millrace("status")
        #expect(answer.code == 1)
        #expect(answer.lines.contains { $0.hasPrefix("source  clicks") && $0.contains("problem: ") })
        #expect(answer.lines.contains { $0.hasPrefix("source  orders") && $0.hasSuffix("1 new file") })
        #expect(answer.lines.last == "No run yet.")
    }

    @Test("A run ends with 3 where checks are all that failed, and with 1 where anything else did too")
    func codes() async throws {
        let checked = Shop.config.replacing("{ unique: [day] }", with: "{ row_count: { min: 100 } }")
        try shop.folder.write(checked, to: "millrace.yaml")
        let check = try await shop.millrace("run")
        #expect(check.code == 3)
        #expect(check.lines.last?.hasPrefix("A data check failed after ") == true)
        #expect(!check.output.contains("as it was"), "the table has never been: \(check.output)")
        let both = checked.replacing("drop/clicks*", with: "nowhere/clicks*")
        try shop.folder.write(both, to: "millrace.yaml")
        let run = try await shop.millrace("run")
        #expect(run.code == 1)
        #expect(run.lines.contains { $0.hasPrefix("source  clicks") && $0.contains("failed: ") })
        #expect(run.lines.contains { $0.hasPrefix("job     sales") && $0.contains("check failed: ") })
        #expect(try await shop.millrace("runs").output.contains("  failed  "))
    }

    @Test("A check in the config that is misspelt is told once")
    func misspells() async throws {
        for (check, problem) in [
            (
                "{ uniqe: [day] }",
                "millrace.yaml:14:16: jobs.sales.checks[0].uniqe: unknown key (did you mean 'unique'?)"
            ),
            ("{}", "jobs.sales.checks[0]: a check is exactly one of: not_null, unique"),
            ("{ row_count: { mim: 1 } }", "jobs.sales.checks[0].row_count.mim: unknown key (did you mean 'min'?)"),
            (
                "{ range: { column: day, maxx: 1 } }",
                "jobs.sales.checks[0].range.maxx: unknown key (did you mean 'max'?)"
            ),
        ] {
            try shop.folder.write(Shop.config.replacing("{ unique: [day] }", with: check), to: "millrace.yaml")
            let answer = try await shop.millrace("check")
            #expect(answer.code == 2)
            #expect(answer.errors.contains(problem) && answer.errors.count { $0 == "\n" } == 1, "\(answer.errors)")
        }
    }

    @Test("A query's file that is missing, empty or no text is refused where it is named")
    func queries() async throws {
        let cases: [([UInt8]?, String)] = [
            (nil, "cannot be read"), ([], "is empty"), ([10, 32], "is empty"), ([0xFF], "cannot be read"),
        ]
        for (bytes, problem) in cases {
            try? FileManager.default.removeItem(atPath: shop.folder.path("sql/sales.sql"))
            if let bytes { try shop.folder.write(bytes, to: "sql/sales.sql") }
            let answer = try await shop.millrace("check")
            let line = "millrace.yaml:12:12: jobs.sales.query: the file 'sql/sales.sql' \(problem)"
            #expect(answer.code == 2 && answer.errors.hasPrefix(line), "\(answer.errors)")
        }
    }

    @Test("A check opens the database of places and the user-agent rules, and says where the config asks for them")
    func opens() async throws {
        let asking = Shop.config.replacing("use: clickstream,", with: "use: clickstream, geoip: places.mmdb,")
        try shop.folder.write(asking, to: "millrace.yaml")
        let missing = try await shop.millrace("check")
        #expect(missing.code == 2)
        let place = "millrace.yaml:9:43: jobs.clickstream.geoip: "
        #expect(missing.errors.hasPrefix(place + "cannot read \(shop.folder.path)/places.mmdb"), "\(missing.errors)")
        try shop.folder.write("no database", to: "places.mmdb")
        let damaged = try await shop.millrace("check")
        #expect(damaged.errors.hasPrefix(place) && damaged.errors.contains("no MaxMind database"), "\(damaged.errors)")

        try shop.folder.write(Shop.config, to: "millrace.yaml")
        let script = "MILLRACE_UA_RULES=/nowhere/rules.yaml '\(Program.built)' check"
        let rules = try await Program(directory: shop.folder.path, path: "/bin/bash").start(["-c", script])
        #expect(rules.code == 2)
        #expect(rules.errors.hasPrefix("millrace.yaml:9:3: jobs.clickstream: "), "\(rules.errors)")
        #expect(rules.errors.contains("/nowhere/rules.yaml"))
    }
}
