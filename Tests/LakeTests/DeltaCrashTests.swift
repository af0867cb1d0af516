import ConnectorTesting
import Foundation
import Lake
import PipelineCore
import Testing

@testable import LocalFilesPlugin

@Suite("Commits on a machine that stops and a store that fails")
struct DeltaCrashTests {
    /// What the three versions hold.
    private static let versions: [[String]] = [["one"], ["one", "two"], ["three"]]

    private static func contents(_ text: String) -> [UInt8] { Array(String(repeating: text, count: 400).utf8) }

    private static func tables(_ store: any ObjectStore) -> DeltaTableStore {
        DeltaTableStore(store: store, prefix: "tables") { Timestamp(microseconds: 1_795_246_277_000_000) }
    }

    /// Brings the table to its third version from wherever it is, as a rerun does: what its cursor has passed is done.
    ///
    /// Data files are written by `write`, as an engine would, without syncing them.
    private static func work(
        _ tables: DeltaTableStore,
        write: ([UInt8], String) throws -> Void,
        answered: (Int64) -> Void = { _ in }
    ) async throws {
        for (step, text) in ["one", "two", "three"].enumerated() {
            let before = try await tables.snapshot(of: "orders", at: nil)
            guard before?.cursors["web"] ?? 0 <= step else { continue }
            let run = RunID(rawValue: "r\(step)")
            let path = try await tables.stage("orders", for: run) + "/data.parquet"
            try write(contents(text), path)
            let after = try await tables.commit(
                TableChange(
                    definition: .orders(),
                    mode: text == "three" ? .replace : .append,
                    files: [StagedFile(path: path, size: Int64(contents(text).count), rowCount: 1, statistics: [:])],
                    cursors: ["web": Int64(step + 1)],
                    readVersion: before?.version,
                    run: run
                )
            )
            answered(after.version)
        }
    }

    /// Whether every version from the first to the latest holds what it should; -1 where there is no table.
    private static func latest(_ tables: DeltaTableStore, read: (String) throws -> [UInt8]?) async throws -> Int64 {
        guard let latest = try await tables.snapshot(of: "orders", at: nil) else { return -1 }
        for version in 0...latest.version {
            let snapshot = try #require(try await tables.snapshot(of: "orders", at: version))
            #expect(snapshot.cursors == ["web": version + 1])
            let wanted = versions[Int(version)].map(contents)
            let found = try snapshot.files.map { try read($0.path) }
            #expect(found.count == wanted.count && wanted.allSatisfy(found.contains), "version \(version)")
        }
        #expect(try await tables.history(of: "orders").count == Int(latest.version) + 1)
        return latest.version
    }

    @Test(
        "Whatever call the machine stops before, the table is at one version or the next, and a rerun loads exactly once"
    )
    func crashPoints() async throws {
        let whole = SimulatedDisk()
        try await Self.work(Self.tables(LocalObjectStore(root: "/srv/lake", files: whole))) {
            whole.writeUnsynced($0, to: $1)
        }
        #expect(whole.calls > 100)

        for turn in 1...whole.calls {
            let disk = SimulatedDisk(.stop(before: turn))
            var answered: Int64 = -1
            do {
                try await Self.work(Self.tables(LocalObjectStore(root: "/srv/lake", files: disk))) {
                    disk.writeUnsynced($0, to: $1)
                } answered: {
                    answered = $0
                }
            } catch { #expect(turn < whole.calls) }
            let seed = UInt64(turn)
            for survival in [.onlySynced, .everything, .some(seed: seed), .some(seed: ~seed)]
                as [SimulatedDisk.Survival]
            {
                let disk = disk.restarted(survival)
                let tables = Self.tables(LocalObjectStore(root: "/srv/lake", files: disk))
                let latest = try await Self.latest(tables) { disk.contents(of: $0) }
                #expect(latest >= answered && latest <= answered + 1, "stopped before call \(turn), \(survival)")
                try await Self.work(tables) { disk.writeUnsynced($0, to: $1) }
                #expect(
                    try await Self.latest(Self.tables(LocalObjectStore(root: "/srv/lake", files: disk))) {
                        disk.contents(of: $0)
                    } == 2
                )
            }
        }
    }

    @Test(
        "Whatever call of the store fails, before or after its effect, a rerun loads exactly once",
        arguments: FaultyObjectStore.Moment.allCases,
        [false, true]
    )
    func faults(moment: FaultyObjectStore.Moment, isLasting: Bool) async throws {
        var turn = 0
        while true {
            turn += 1
            let lake = try TestLake()
            let faulty = FaultyObjectStore(lake.store, failingAt: turn, moment, isLasting: isLasting)
            let write = { (bytes: [UInt8], path: String) in try Data(bytes).write(to: URL(fileURLWithPath: path)) }
            let read = { (path: String) in [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
            do { try await Self.work(lake.tables(over: faulty), write: write) } catch let error as PipelineError {
                #expect(error.recovery == .retry(after: nil))
            }
            _ = try await Self.latest(lake.tables, read: read)
            try await Self.work(lake.tables, write: write)
            #expect(try await Self.latest(lake.tables, read: read) == 2)
            lake.advance(.seconds(86_400))
            _ = try await lake.tables.vacuum("orders", grace: .zero)
            #expect(lake.scratch.files().filter { $0.hasSuffix(".parquet") }.count == 1)
            if faulty.calls < turn { break }
        }
        #expect(turn > 30)
    }
}
