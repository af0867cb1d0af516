import ConnectorTesting
import Foundation
import Lake
import LocalFilesPlugin
import PipelineCore
import Testing

@testable import Processing

@Suite("Whether a result is up to date")
struct FreshnessTests {
    private let scratch: ScratchDirectory
    private let job = SQLJob(into: "result", query: SQLText("SELECT id FROM orders"), checks: [])

    init() throws {
        scratch = try ScratchDirectory()
    }

    @Test("A result follows its input, also one that was removed and made again with lower versions")
    func rebuiltInput() async throws {
        for _ in 0..<3 { try await publish("orders") }
        try await compute()
        #expect(try await staleness() == nil)
        try await publish("orders")
        #expect(try await staleness() == "orders is at version 3, computed from 2")
        try await compute()

        try FileManager.default.removeItem(atPath: scratch.path("lake/tables/orders"))
        try await publish("orders")
        #expect(try await staleness() == "orders was made anew")
        try await compute()
        #expect(try await staleness() == nil)
    }

    @Test("An input that was made again and has reached the same version is another one")
    func sameVersion() async throws {
        try await publish("orders")
        try await compute()
        try FileManager.default.removeItem(atPath: scratch.path("lake/tables/orders"))
        try await Task.sleep(for: .milliseconds(2))
        try await publish("orders")
        #expect(try await staleness() == "orders was made anew")
    }

    private func staleness() async throws -> String? {
        let tables = reopened
        return try await Freshness.current(of: job, in: tables).staleness(of: job, in: tables)
    }

    private func compute() async throws {
        let freshness = try await Freshness.current(of: job, in: reopened)
        let version = try await reopened.snapshot(of: "result", at: nil)?.version ?? -1
        try await publish("result", .replace, cursors: freshness.cursors(forVersion: version + 1))
    }

    /// As another run opens the lake: nothing is remembered.
    private var reopened: DeltaTableStore {
        DeltaTableStore(store: LocalObjectStore(root: scratch.path("lake")), prefix: "tables")
    }

    private func publish(_ name: DatasetName, _ mode: TableChange.Mode = .append, cursors: [String: Int64] = [:])
        async throws
    {
        let definition = DatasetDefinition(name: name, summary: "", schema: Schema([Field("id", .bigint)]))
        let version = try await reopened.snapshot(of: name, at: nil)?.version
        // A commit that says nothing new would make no version.
        let cursors = cursors.merging(mode == .append ? ["landed": (version ?? -1) + 1] : [:]) { mine, _ in mine }
        _ = try await reopened.commit(
            TableChange(
                definition: definition,
                mode: mode,
                files: [],
                cursors: cursors,
                readVersion: version,
                run: RunID(rawValue: "r1")
            )
        )
    }
}
