import PipelineCore
import Testing

@testable import Ingestion

@Suite("Files that are alike")
struct CopiesTests {
    private func rows(_ folder: DropFolder) async throws -> [String] {
        try await folder.query("SELECT item, status FROM t ORDER BY item, status, _row")
    }

    @Test("Two files with rows in common are two files, in one run or in two", arguments: [false, true])
    func commonRows(inOneRun: Bool) async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("item,status\npen,paid\n", as: "mon.csv")
        if !inOneRun { try await folder.run() }
        try folder.put("item,status\npen,paid\nbook,paid\n", as: "tue.csv")
        try await folder.run()
        #expect(try await rows(folder) == ["book,paid", "pen,paid", "pen,paid"])
        try folder.put("item,status\npen,refunded\n", as: "mon.csv")
        #expect(try await folder.run().superseded == 1)
        #expect(try await rows(folder) == ["book,paid", "pen,paid", "pen,refunded"])
    }

    @Test("A log that goes on under another name is continued once the first is gone or has begun anew")
    func movedLog() async throws {
        let folder = try DropFolder.table(.ndjson)
        try folder.put("{\"item\":\"a\",\"status\":1}\n", as: "x.ndjson")
        try await folder.run()
        try folder.put("{\"item\":\"a\",\"status\":1}\n{\"item\":\"b\",\"status\":2}\n", as: "x.ndjson.1")
        try folder.put("{\"item\":\"c\",\"status\":3}\n", as: "x.ndjson")
        try await folder.run()
        #expect(try await rows(folder) == ["a,1", "b,2", "c,3"])
    }

    @Test("Files of two sources that begin alike give events of their own, row for row")
    func twoSources() async throws {
        let mapping = EventMapping(
            [
                .init(column: "anonymous_id", value: .field("u")), .init(column: "name", value: .field("n")),
                .init(column: "occurred_at", value: .field("t")),
            ],
            keepsRest: false
        )
        let one = try DropFolder.events(mapping, .csv)
        let other = try DropFolder.events(mapping, .csv)
        let start = "u,n,t\nprobe,ping,2024-01-01 00:00\n"
        try one.put(start, as: "a.csv")
        try other.put(start, as: "b.csv")
        func runBoth() async throws {
            for (name, folder) in [("host_a", one), ("host_b", other)] {
                let job = try folder.job(store: one.store, name: name)
                _ = try await job.run(try await job.plan())
            }
        }
        try await runBoth()
        try one.append("alice,buy,2024-01-01 00:05\n", to: "a.csv")
        try other.append("bob,view,2024-01-01 00:06\n", to: "b.csv")
        try await runBoth()
        #expect(try await one.query("SELECT count(DISTINCT event_id) AS n FROM event_log") == ["4"])
    }

    @Test("A touched file changes nothing in the table, and neither does one that was renamed")
    func touched() async throws {
        let folder = try DropFolder.table(.csv)
        try folder.put("item,status\npen,paid\n", as: "a.csv")
        try await folder.run()
        let version = try await folder.version()
        try folder.put("item,status\npen,paid\n", as: "a.csv")
        #expect(try await folder.run().knownFiles == 1)
        try folder.move("a.csv", to: "b.csv")
        #expect(try await folder.run().knownFiles == 1)
        #expect(try await folder.version() == version)
        try folder.append("book,paid\n", to: "b.csv")
        #expect(try await folder.run().accepted == 1)
        #expect(try await rows(folder) == ["book,paid", "pen,paid"])
    }
}
