import ConnectorTesting
import Foundation
import PipelineCore
import Testing

@testable import Ingestion

@Suite("A file is taken once")
struct LedgerTests {
    private func numbers(_ folder: DropFolder) async throws -> [String] {
        try await folder.query("SELECT n FROM t ORDER BY n, _row")
    }

    /// Rows of the table and dead letters that share a place in a file: always none.
    private func doubled(_ folder: DropFolder) async throws -> [String] {
        let rows = "SELECT _file_id, _row FROM t UNION ALL SELECT _file_id, _row FROM dead_letters"
        return try await folder.query("SELECT _file_id FROM (\(rows)) AS r GROUP BY _file_id, _row HAVING count(*) > 1")
    }

    @Test("The same content under another name, compressed or touched, adds nothing")
    func copies() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("n\n1\n2\n", as: "a.csv")
        #expect(try await folder.run().newFiles == 1)
        try folder.put("n\n1\n2\n", as: "b.csv")
        try await folder.put(Array("n\n1\n2\n".utf8).gzipped, as: "c.csv.gz")
        let copies = try await folder.run()
        #expect(copies.knownFiles == 2 && copies.rows == 0 && copies.unchangedFiles == 1)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)],
            ofItemAtPath: folder.scratch.path("drop/a.csv")
        )
        #expect(try await folder.run().knownFiles == 1)
        #expect(try await numbers(folder) == ["1", "2"])
    }

    @Test("Copies that arrive together count once")
    func simultaneousCopies() async throws {
        let folder = try DropFolder.table()
        try folder.put("{\"n\":1}\n{\"n\":", as: "a.ndjson")
        try folder.put("{\"n\":1}\n{\"n\":", as: "b.ndjson")
        try await folder.put(Array("{\"n\":1}\n{\"n\":".utf8).gzipped, as: "c.ndjson.gz")
        let report = try await folder.run()
        #expect(report.newFiles == 1 && report.knownFiles == 2 && report.rows == 2)
        #expect(try await numbers(folder) == ["1"])
        #expect(try await folder.reasons().count == 1)
    }

    @Test("A log that grows continues, twice, and its half row is replaced where it was", arguments: [nil, "gz"])
    func growth(coding: String?) async throws {
        let folder = try DropFolder.table(.ndjson)
        let name = coding == nil ? "a.ndjson" : "a.ndjson.gz"
        var content = ""
        func grow(by text: String) async throws -> IngestionReport {
            content += text
            try await folder.put(coding == nil ? Array(content.utf8) : Array(content.utf8).gzipped, as: name)
            return try await folder.run()
        }
        var report = try await grow(by: "{\"n\":1}\n{\"n\":2}")
        #expect(report.accepted == 2)
        report = try await grow(by: "\n{\"n\":3}\n{\"n\":")
        #expect(report.grownFiles == 1 && report.accepted == 2 && report.rejected == 1 && report.superseded == 1)
        #expect(try await folder.query("SELECT n, _row FROM t ORDER BY n") == ["1,1", "2,2", "3,3"])
        #expect(try await folder.query("SELECT _row, raw FROM dead_letters") == ["4,\"{\"\"n\"\":\""])
        report = try await grow(by: "4}\n{\"n\":5,\"m\":1}\n")
        #expect(report.accepted == 2 && report.rejected == 0 && report.superseded == 0)
        #expect(
            try await folder.query("SELECT n, m, _row FROM t ORDER BY n") == ["1,,1", "2,,2", "3,,3", "4,,4", "5,1,5"]
        )
        #expect(try await folder.reasons() == [])
        #expect(Set(try await folder.query("SELECT _file_id FROM t")).count == 1)
    }

    @Test("A delimited file that grows keeps its header, its delimiter and its half row apart")
    func csvGrowth() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("n;m", as: "a.csv")
        #expect(try await folder.run().rows == 0)
        try folder.append("ore\n1;\"x\ny", to: "a.csv")
        #expect(try await folder.run().rejected == 2)
        try folder.append("\"\n2;,,,,\n3;z", to: "a.csv")
        let report = try await folder.run()
        #expect(report.accepted == 3 && report.rejected == 0)
        try folder.append("\n", to: "a.csv")
        try await folder.run()
        #expect(
            try await folder.query("SELECT n, replace(more, chr(10), '/') AS m FROM t ORDER BY n") == [
                "1,x/y", "2,\",,,,\"", "3,z",
            ]
        )
        #expect(try await folder.reasons() == [])
        #expect(try await folder.schema() == ["n BIGINT", "more VARCHAR"])
    }

    @Test("A log that grows and is rotated is neither doubled nor lost")
    func rotation() async throws {
        let folder = try DropFolder.table { $0.pattern = LinePattern(#"^n=(?<n>\d+)$"#) }
        try folder.put("n=1\nn=2\n", as: "access.log")
        try await folder.run()
        try folder.append("n=3\nn=4", to: "access.log")
        try folder.move("access.log", to: "access.log.1")
        try folder.put("n=10\n", as: "access.log")
        let first = try await folder.run()
        #expect(first.grownFiles == 1 && first.changedFiles == 1 && first.accepted == 3)
        try folder.append("\nn=5\n", to: "access.log.1")
        let packed = try await [UInt8](folder.scratch.bytes("drop/access.log.1")).gzipped
        try folder.put(packed, as: "access.log.2.gz")
        try folder.remove("access.log.1")
        try folder.append("n=11\n", to: "access.log")
        try folder.move("access.log", to: "access.log.1")
        try folder.put("n=20\n", as: "access.log")
        try await folder.run()
        #expect(try await numbers(folder) == ["1", "2", "3", "4", "5", "10", "11", "20"])
        #expect(try await doubled(folder) == [])
    }

    @Test("A log that is copied and truncated is neither doubled nor lost, even while both are there")
    func copyTruncate() async throws {
        let folder = try DropFolder.table(.ndjson)
        try folder.put("{\"n\":1}\n", as: "a.ndjson")
        try await folder.run()
        // Copied but not yet truncated, with a line that came in between, and half a line in the copy.
        try folder.put("{\"n\":1}\n{\"n\":2}\n{\"n\":", as: "a.ndjson.1")
        try folder.put("{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n", as: "a.ndjson")
        let both = try await folder.run()
        #expect(both.grownFiles == 2 && both.accepted == 2)
        #expect(try await numbers(folder) == ["1", "2", "3"])
        #expect(try await folder.reasons() == [])
        try folder.put("{\"n\":9}\n", as: "a.ndjson")
        #expect(try await folder.run().changedFiles == 1)
        #expect(try await numbers(folder) == ["1", "2", "3", "9"])
        #expect(try await doubled(folder) == [])
    }

    @Test("Two files that both go on where a third ended keep all their rows apart")
    func forks() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("n\n1\n2", as: "a.csv")
        try await folder.run()
        try folder.remove("a.csv")
        try folder.put("n\n1\n2\n3\n", as: "b.csv")
        try folder.put("n\n1\n2\n4\n5\n", as: "c.csv")
        let report = try await folder.run()
        #expect(report.grownFiles == 2)
        #expect(try await doubled(folder) == [])
        #expect(
            try await numbers(folder) == ["1", "2", "2", "3", "4", "5"],
            "the half row was written to its end in each"
        )
        try folder.append("6\n", to: "c.csv")
        try folder.append("7\n", to: "b.csv")
        try await folder.run()
        #expect(try await numbers(folder) == ["1", "2", "2", "3", "4", "5", "6", "7"])
        #expect(try await doubled(folder) == [])
    }

    @Test("Files that have nothing in common but their header are strangers")
    func headers() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("n\n", as: "a.csv")
        try await folder.run()
        try folder.put("n\n1\n", as: "b.csv")
        try folder.put("n\n2\n", as: "c.csv")
        let report = try await folder.run()
        #expect(report.newFiles == 2)
        #expect(try await doubled(folder) == [])
        try folder.put("n\n3\n", as: "a.csv")
        #expect(try await folder.run().superseded == 0)
        #expect(try await numbers(folder) == ["1", "2", "3"])
    }

    @Test("A changed file replaces its rows, dead letters included, back and forth")
    func replacement() async throws {
        let folder = try DropFolder.table(.csv)
        let a = "n,m\n1,x\n2\n3,y\n"
        let b = "n,m\n1,x\n4,z\n5\n6\n"
        for (content, rows, rejected) in [
            (a, ["1", "3"], 1), (b, ["1", "4"], 2), (a, ["1", "3"], 1), (b, ["1", "4"], 2),
            (b + "7,w\n", ["1", "4", "7"], 2),
        ] {
            try folder.put(content, as: "a.csv")
            try await folder.run()
            #expect(try await numbers(folder) == rows)
            #expect(try await folder.reasons().count == rejected)
        }
        #expect(try await doubled(folder) == [])
    }

    @Test("A file that takes over what another one holds gives up its own rows")
    func takeover() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("n\n1\n", as: "a.csv")
        try folder.put("n\n2\n", as: "b.csv")
        try await folder.run()
        try folder.put("n\n2\n", as: "a.csv")
        let report = try await folder.run()
        #expect(report.knownFiles == 1 && report.superseded == 1)
        #expect(try await numbers(folder) == ["2"])
        // Now two paths hold it: the rows stay until the last one lets go.
        try folder.put("n\n3\n", as: "b.csv")
        try await folder.run()
        #expect(try await numbers(folder) == ["2", "3"])
        try folder.put("n\n4\n", as: "a.csv")
        try await folder.run()
        #expect(try await numbers(folder) == ["3", "4"])
    }

    @Test("A changed file whose old content was moved keeps the old rows", arguments: [false, true])
    func moved(isGrown: Bool) async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("n\n1\n", as: "a.csv")
        try await folder.run()
        try folder.move("a.csv", to: "old.csv")
        if isGrown { try folder.append("2\n", to: "old.csv") }
        try folder.put("n\n7\n", as: "a.csv")
        try await folder.run()
        #expect(try await numbers(folder) == (isGrown ? ["1", "2", "7"] : ["1", "7"]))
    }

    @Test("Two files that swap their names change nothing")
    func swap() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("n\n1\n", as: "a.csv")
        try folder.put("n\n22\n", as: "b.csv")
        try await folder.run()
        try folder.move("a.csv", to: "c")
        try folder.move("b.csv", to: "a.csv")
        try folder.move("c", to: "b.csv")
        let report = try await folder.run()
        #expect(report.knownFiles == 2 && report.superseded == 0)
        #expect(try await numbers(folder) == ["1", "22"])
    }

    @Test(
        "The config says what a changed file means",
        arguments: [IngestionOptions.Change.replace, .append],
        [RecordFormat.csv, .ndjson]
    )
    func onChange(change: IngestionOptions.Change, format: RecordFormat) async throws {
        let folder = try DropFolder.table(format) { $0.onChange = change }
        let content = { (n: Int) in format == .csv ? "n\n\(n)\n" : "{\"n\":\(n)}\n" }
        for n in [1, 2, 1] {
            try folder.put(content(n), as: "a")
            try await folder.run()
        }
        #expect(try await numbers(folder) == (change == .replace ? ["1"] : ["1", "2"]))
    }

    @Test(
        "JSON and Parquet files do not grow: a longer one replaces the shorter",
        arguments: [RecordFormat.json, .parquet]
    )
    func wholeFiles(format: RecordFormat) async throws {
        let folder = try DropFolder.table(format)
        for count in [2, 3] {
            if format == .json {
                try folder.put("[" + (1...count).map { "{\"n\":\($0)}" }.joined(separator: ",") + "]", as: "a.json")
            } else {
                try await folder.putParquet("SELECT unnest(range(1, \(count + 1))) AS n", as: "a.parquet")
            }
            try await folder.run()
            #expect(try await numbers(folder) == (1...count).map { "\($0)" })
        }
    }

    @Test("What a removed file gave stays")
    func removed() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("n\n1\n", as: "a.csv")
        try await folder.run()
        try folder.remove("a.csv")
        try await folder.run()
        #expect(try await numbers(folder) == ["1"])
        try folder.put("n\n1\n", as: "back.csv")
        #expect(try await folder.run().knownFiles == 1)
    }

    @Test("Many files and small landings give the same as one")
    func batches() async throws {
        let folder = try DropFolder.table(.csv)
        for n in 0..<30 { try folder.put("n\n\(n)\n", as: "f\(n).csv") }
        var job = try folder.job()
        job.batchSize = 20
        let report = try await job.run(try await job.plan())
        #expect(report.newFiles == 30 && report.accepted == 30)
        #expect(try await folder.query("SELECT count(*) AS n, count(DISTINCT _file_id) AS f FROM t") == ["30,30"])
        #expect(try await folder.job().plan().isEmpty)
    }

    @Test("Paths with anything in them")
    func paths() async throws {
        let folder = try DropFolder.table(.csv)
        for (index, name) in [
            "new\nline.csv", "quo\"te'.csv", "com,ma.csv", "żółć 😀.csv", "tab\t.csv", "car\rriage.csv",
            "back\\slash.csv",
        ].enumerated() {
            try folder.put("n\n\(index)\nx\n", as: name)
        }
        try folder.put("n\n100\n101\n", as: "plain.csv")
        let report = try await folder.run()
        #expect(report.rows == 16)
        #expect(
            try await folder.query("SELECT count(DISTINCT _file) AS f, count(DISTINCT _file_id) AS i FROM t") == ["8,8"]
        )
    }
}
