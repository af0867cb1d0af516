import ConnectorTesting
import Foundation
import Gzip
import LocalFilesPlugin
import PipelineCore
import PipelineRuntime
import Simulation
import Testing

/// The pipeline's figures against what the simulation knows about the traffic that it made.
@Suite struct SimulatedShopTests {
    private static let config = """
        lake: { use: local, path: lake }
        sources:
          shop: { use: files, path: drop/*.ndjson.gz, format: ndjson, events: segment }
        jobs:
          clickstream: { use: clickstream, session_gap: 30m, conversions: [Order Completed, purchase] }
        exports:
          powerbi: { use: csv, flavor: power-bi, path: powerbi, datasets: [sessions, daily_metrics] }
        """

    private func simulate(into directory: String) async throws -> ShopTruth {
        let start = Timestamp(microseconds: 1_788_220_800_000_000)  // 2026-09-01
        let shop = ShopSimulation(seed: 11, start: start, days: 6, events: 8000)
        return try await shop.write(to: LocalObjectStore(root: directory), under: "", coding: GzipCoding())
    }

    @Test("Events, duplicates, bots, sessions, visitors and purchases are those that were simulated")
    func truth() async throws {
        let pipeline = try TestPipeline(Self.config)
        let truth = try await simulate(into: pipeline.scratch.path("drop"))
        let report = try await pipeline.run()
        #expect(report.sources.map(\.rows) == [Int64(truth.lines)])
        #expect(report.jobs.map(\.duplicates) == [Int64(truth.duplicates)])
        let figures = try await pipeline.rows(
            """
            SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM events WHERE is_bot), (SELECT count(*) FROM sessions),
            (SELECT count(DISTINCT visitor_id) FROM sessions), (SELECT count(*) FROM users),
            (SELECT count(*) FROM events WHERE name = 'purchase' AND NOT is_bot)
            """
        )
        let expected = [truth.events, truth.botEvents, truth.sessions, truth.visitors, truth.persons, truth.purchases]
        #expect(figures == expected.map { "\($0)" }.joined(separator: ",") + "\n")
    }

    @Test("Files that come one after the other, in any order, end in the same datasets as all at once")
    func piecemeal() async throws {
        let whole = try TestPipeline(Self.config)
        _ = try await simulate(into: whole.scratch.path("drop"))
        try await whole.run()
        let parts = try TestPipeline(Self.config)
        _ = try await simulate(into: parts.scratch.path("later"))
        try FileManager.default.createDirectory(atPath: parts.scratch.path("drop"), withIntermediateDirectories: true)
        let names = try FileManager.default.contentsOfDirectory(atPath: parts.scratch.path("later")).filter {
            $0.hasSuffix(".gz")
        }.sorted()
        for name in [names[4], names[0], names[5], names[2], names[1], names[3]] {
            try FileManager.default.moveItem(
                atPath: parts.scratch.path("later/\(name)"),
                toPath: parts.scratch.path("drop/\(name)")
            )
            try await parts.run()
        }
        for dataset in [
            "events", "sessions", "users", "daily_metrics", "event_counts", "pages", "acquisition", "geography",
            "devices", "funnels", "retention", "paths",
        ] {
            let query = "SELECT * FROM \(dataset) ORDER BY ALL"
            #expect(try await parts.rows(query) == (try await whole.rows(query)), "\(dataset)")
        }
    }
}
