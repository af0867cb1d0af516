import ConnectorTesting
import Foundation
import Lake
import LocalFilesPlugin
import PipelineCore
import Testing

@testable import Ingestion

/// Two sources over one lake, with one run behind them and another one before them that brings everything there is: new
/// files, a grown one with half a row, a changed one, broken records, a broken Parquet file.
private struct TwoSources {
    /// One of them; the other one's rows must stay as they are while it is taken.
    enum Source: String, CaseIterable, CustomTestStringConvertible {
        case csv, events
        var testDescription: String { rawValue }
    }

    let table: DropFolder
    let events: DropFolder
    private let prepared: ScratchDirectory

    init() async throws {
        table = try DropFolder.table(.csv)
        let mapping = EventMapping(
            [.init(column: "user_id", value: .field("u")), .init(column: "occurred_at", value: .field("t"))],
            keepsRest: true
        )
        events = try DropFolder(IngestionOptions(target: .events(mapping)))
        prepared = try ScratchDirectory()

        try table.put("n\n1\n2\nbroken,row\n", as: "a.csv")
        try table.put("n\n5\n6", as: "b.csv")
        try events.put("{\"u\":1,\"t\":\"2024-01-01\"}\n{\"u\":2,", as: "a.ndjson")
        for source in Source.allCases { try await run(source) }
        #expect(try await counts() == [4, 1, 2])
        try FileManager.default.copyItem(atPath: table.scratch.path("lake"), toPath: prepared.path("lake"))

        try table.put("n\n3\nbroken,too\nand,this\n", as: "a.csv")
        try table.append("7\n8\n", to: "b.csv")
        try table.put("n\n10\n", as: "c.csv")
        try events.append("\"t\":\"2024-01-02\"}\n{\"u\":3,\"t\":\"2024-01-03\"}\n", to: "a.ndjson")
        try events.put("no parquet", as: "b.parquet")
        try await events.putParquet("SELECT 9 AS u, '2024-01-09' AS t", as: "c.parquet")
    }

    /// Puts the lake back to where the first run left it.
    func reset() throws {
        try FileManager.default.removeItem(atPath: table.scratch.path("lake"))
        try FileManager.default.copyItem(atPath: prepared.path("lake"), toPath: table.scratch.path("lake"))
    }

    func job(_ source: Source, store: (any ObjectStore)? = nil, engine: (any QueryEngine)? = nil) throws -> IngestionJob
    {
        let folder = source == .csv ? table : events
        return try folder.job(store: store ?? table.store, engine: engine, name: source.rawValue)
    }

    func run(_ source: Source, store: (any ObjectStore)? = nil, engine: (any QueryEngine)? = nil) async throws {
        let job = try job(source, store: store, engine: engine)
        _ = try await job.run(try await job.plan())
    }

    /// How many rows the tables have: `t`, `event_log`, `dead_letters`.
    func counts() async throws -> [Int64] {
        var counts: [Int64] = []
        for name in ["t", "event_log", "dead_letters"] as [DatasetName] {
            counts.append(try await DeltaTableStore(store: table.store).snapshot(of: name, at: nil)?.rowCount ?? 0)
        }
        return counts
    }

    /// All rows and dead letters.
    private func rows() async throws -> [String] {
        try await table.query(
            """
            SELECT 't' AS kind, CAST(n AS VARCHAR) AS value, _row, _file FROM t
            UNION ALL SELECT 'e', user_id, _row, _file FROM event_log
            UNION ALL SELECT 'd', raw, _row, file FROM dead_letters
            ORDER BY kind, _file, _row
            """
        )
    }

    private static func complete(_ source: Source) -> [String] {
        switch source {
        case .csv:
            [
                "d,\"broken,too\",2,drop/a.csv", "d,\"and,this\",3,drop/a.csv", "d,\"{\"\"u\"\":2,\",2,drop/a.ndjson",
                "e,1,1,drop/a.ndjson",
                "t,3,1,drop/a.csv", "t,5,1,drop/b.csv", "t,67,2,drop/b.csv", "t,8,3,drop/b.csv", "t,10,1,drop/c.csv",
            ]
        case .events:
            [
                "d,\"broken,row\",3,drop/a.csv", "d,\"\",1,drop/b.parquet",
                "e,1,1,drop/a.ndjson", "e,2,2,drop/a.ndjson", "e,3,3,drop/a.ndjson", "e,9,1,drop/c.parquet",
                "t,1,1,drop/a.csv", "t,2,2,drop/a.csv", "t,5,1,drop/b.csv", "t,6,2,drop/b.csv",
            ]
        }
    }

    /// Tries a run that may fail, and then completes it; returns whether it failed.
    func survive(_ source: Source, _ place: String, _ attempt: () async throws -> Void) async throws -> Bool {
        try reset()
        var hasFailed = false
        do { try await attempt() } catch let error as PipelineError {
            hasFailed = true
            #expect(error.message.contains("simulated"), "\(place): \(error)")
        }
        let half = try await counts()
        #expect(
            [4, 5].contains(half[0]) && [1, 4].contains(half[1]) && (2...3).contains(half[2]),
            "\(place): \(half)"
        )
        try await run(source)
        #expect(try await rows() == Self.complete(source), "\(place)")
        #expect(try await job(source).plan().isEmpty, "\(place)")
        return hasFailed
    }
}

@Suite("A run that is killed anywhere is completed by the next")
struct CrashTests {
    @Test(
        "Whatever call to the object store is the last, every row and dead letter ends up there once",
        arguments: TwoSources.Source.allCases
    )
    private func crashes(source: TwoSources.Source) async throws {
        let sources = try await TwoSources()
        var turn = 1
        while true {
            let store = FaultyObjectStore(sources.table.store, failingAt: turn, .before, isLasting: true)
            let hasFailed = try await sources.survive(source, "stopped before call \(turn)") {
                try await sources.run(source, store: store)
            }
            guard hasFailed else { break }
            turn += 1
        }
        #expect(turn > 20)
    }

    @Test(
        "Whatever answer of the object store is lost, every row and dead letter ends up there once",
        arguments: TwoSources.Source.allCases
    )
    private func lostAnswers(source: TwoSources.Source) async throws {
        let sources = try await TwoSources()
        var turn = 1
        while true {
            let store = FaultyObjectStore(sources.table.store, failingAt: turn, .after, isLasting: false)
            _ = try await sources.survive(source, "lost the answer of call \(turn)") {
                try await sources.run(source, store: store)
            }
            guard store.calls >= turn else { break }
            turn += 2
        }
        #expect(turn > 20)
    }

    @Test(
        "Whatever the engine fails at, every row and dead letter ends up there once",
        arguments: TwoSources.Source.allCases,
        [false, true]
    )
    private func engineFailures(source: TwoSources.Source, isAfter: Bool) async throws {
        let sources = try await TwoSources()
        var turn = 1
        while true {
            let engine = FaultyEngine(sources.table.engine, failingAt: turn, isAfter: isAfter)
            _ = try await sources.survive(source, "the engine failed at call \(turn)") {
                try await sources.run(source, engine: engine)
            }
            guard engine.calls >= turn else { break }
            turn += 1
        }
        #expect(turn > 4)
    }
}
