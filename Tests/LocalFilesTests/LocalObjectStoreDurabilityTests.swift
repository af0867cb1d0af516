import ConnectorTesting
import Foundation
import PipelineCore
import Testing

@testable import LocalFilesPlugin

@Suite("Objects on a disk that stops or fails")
struct LocalObjectStoreDurabilityTests {
    private static let survivals: [SimulatedDisk.Survival] =
        [.onlySynced, .everything] + (0..<12).map { .some(seed: $0) }

    /// What the store has answered, and what it was doing when it stopped answering.
    private struct Answers {
        var stored: [ObjectKey: [UInt8]?] = [:]
        var underWay: ObjectKey?
    }

    private static func content(_ name: String) -> [UInt8] { Array(String(repeating: "\(name);", count: 300).utf8) }

    /// Every kind of change; `answers` is told what was acknowledged.
    private static func work(_ store: LocalObjectStore, _ answers: inout Answers) async throws {
        for (key, version) in [("a/one", "1"), ("a/one", "2"), ("a/b/c/two", "1"), ("top", "1")] {
            answers.underWay = ObjectKey(rawValue: key)
            let bytes = content("\(key)\(version)")
            try await store.write(ArrayStream([bytes, bytes]), to: ObjectKey(rawValue: key))
            answers.stored[ObjectKey(rawValue: key)] = bytes + bytes
        }
        for key in ["log/0", "log/1", "a/d/e"] as [ObjectKey] {
            answers.underWay = key
            #expect(try await store.create(content("\(key)"), at: key))
            answers.stored[key] = content("\(key)")
        }
        answers.underWay = nil
        #expect(try await store.create([0], at: "log/0") == false)
        answers.underWay = "a/one"
        try await store.delete(["a/one"])
        answers.stored["a/one"] = .some(nil)
        answers.underWay = nil
    }

    private static func isWhole(_ bytes: [UInt8], as key: ObjectKey) -> Bool {
        let one = ["1", "2", ""].map { content("\(key)\($0)") }
        return one.contains { bytes == $0 || bytes == $0 + $0 }
    }

    @Test("Whatever call the machine stops before, what was answered is there and nothing is half there")
    func crashPoints() async throws {
        let whole = SimulatedDisk()
        var ignored = Answers()
        try await Self.work(LocalObjectStore(root: "/srv/lake", files: whole), &ignored)
        #expect(whole.calls > 100)

        for turn in 1...whole.calls {
            let disk = SimulatedDisk(.stop(before: turn))
            var answers = Answers()
            // Only what comes after the last answer may still succeed.
            do { try await Self.work(LocalObjectStore(root: "/srv/lake", files: disk), &answers) } catch {
                #expect(turn < whole.calls)
            }
            let seed = UInt64(turn)
            for survival in [.onlySynced, .everything, .some(seed: seed), .some(seed: ~seed)]
                as [SimulatedDisk.Survival]
            {
                let place = "stopped before call \(turn), \(survival)"
                let store = LocalObjectStore(root: "/srv/lake", files: disk.restarted(survival))
                let found = try await store.list(under: "")
                for info in found {
                    let bytes = try await store.contents(of: info.key)
                    #expect(Self.isWhole(bytes, as: info.key), "\(info.key) is torn: \(place)")
                }
                for (key, bytes) in answers.stored where key != answers.underWay {
                    let kept = found.contains { $0.key == key } ? try await store.contents(of: key) : nil
                    #expect(kept == bytes, "\(key) is not as answered: \(place)")
                }
                // Whatever is left behind does not stand in the way of the same work.
                try await store.delete(found.map(\.key))
                try await Self.work(store, &ignored)
                try await store.sweep(under: "", untouchedSince: Timestamp(microseconds: .max))
                let after = try await store.list(under: "").map(\.key.rawValue)
                #expect(after == ["a/b/c/two", "a/d/e", "log/0", "log/1", "top"])
            }
        }
    }

    @Test("Files of a program are there after a crash once they were synced", arguments: survivals)
    func syncedFiles(survival: SimulatedDisk.Survival) async throws {
        let disk = SimulatedDisk()
        let store = LocalObjectStore(root: "/srv/lake", files: disk)
        try await store.makeDirectory(at: "tables/t/run")
        for name in ["1", "2", "deep/er/3"] {
            disk.writeUnsynced(Array(name.utf8), to: "/srv/lake/tables/t/run/\(name)")
        }
        try await store.sync(["tables/t/run/1", "tables/t/run/deep/er/3"])
        let after = LocalObjectStore(root: "/srv/lake", files: disk.restarted(survival))
        #expect(try await after.contents(of: "tables/t/run/1") == Array("1".utf8))
        #expect(try await after.contents(of: "tables/t/run/deep/er/3") == Array("deep/er/3".utf8))
    }

    @Test("Without a sync a program's files are lost: the disk does forget")
    func unsyncedFiles() async throws {
        let disk = SimulatedDisk()
        try await LocalObjectStore(root: "/srv/lake", files: disk).makeDirectory(at: "run")
        disk.writeUnsynced([1], to: "/srv/lake/run/file")
        #expect(
            try await LocalObjectStore(root: "/srv/lake", files: disk.restarted(.onlySynced)).list(under: "").isEmpty
        )
    }

    @Test("An error at any call is told, and what was answered stays whole", arguments: [EIO, ENOSPC], [false, true])
    func errors(number: Int32, isLasting: Bool) async throws {
        let whole = SimulatedDisk()
        var ignored = Answers()
        try await Self.work(LocalObjectStore(root: "/srv/lake", files: whole), &ignored)
        for turn in 1...whole.calls {
            let disk = SimulatedDisk(.fail(at: turn, number: number, isLasting: isLasting))
            var answers = Answers()
            do {
                try await Self.work(LocalObjectStore(root: "/srv/lake", files: disk), &answers)
            } catch let error as PipelineError {
                #expect(error.code == (number == EIO ? .unreachable : .outOfResources))
                #expect((error.recovery == .stop) == (number == EIO))
            }
            let store = LocalObjectStore(root: "/srv/lake", files: disk.restarted(.onlySynced))
            for info in try await store.list(under: "") {
                let bytes = try await store.contents(of: info.key)
                #expect(Self.isWhole(bytes, as: info.key), "\(info.key) is torn: error at call \(turn)")
            }
            for (key, bytes) in answers.stored where key != answers.underWay {
                let kept = try? await store.contents(of: key)
                #expect(kept == bytes, "\(key) was answered and is lost: error at call \(turn)")
            }
        }
    }

    @Test("A failed sync is never taken for a success")
    func failedSync() async throws {
        let disk = SimulatedDisk()
        let store = LocalObjectStore(root: "/srv/lake", files: disk)
        try await store.write(ArrayStream([[1]]), to: "a")
        let first = disk.calls + 1
        for turn in first...(first + 30) {
            let failing = SimulatedDisk(.fail(at: turn, number: EIO, isLasting: false))
            let store = LocalObjectStore(root: "/srv/lake", files: failing)
            try await store.write(ArrayStream([[1]]), to: "a")
            do { try await store.write(ArrayStream([[2]]), to: "a") } catch {
                try await store.write(ArrayStream([[3]]), to: "a")
            }
            let kept = try await LocalObjectStore(root: "/srv/lake", files: failing.restarted(.onlySynced)).contents(
                of: "a"
            )
            #expect(kept == [2] || kept == [3])
        }
    }

    @Test("Whoever hears that a key is taken finds the object there after a crash")
    func takenKey() async throws {
        for turn in 1...40 {
            let disk = SimulatedDisk(.fail(at: turn, number: EIO, isLasting: false))
            let store = LocalObjectStore(root: "/srv/lake", files: disk)
            for byte in 1...2 as ClosedRange<UInt8> { _ = try? await store.create([byte], at: "log/0") }
            guard let isNew = try? await store.create([3], at: "log/0") else { continue }
            #expect(!isNew)
            let kept = try await LocalObjectStore(root: "/srv/lake", files: disk.restarted(.onlySynced)).contents(
                of: "log/0"
            )
            #expect(kept == [1] || kept == [2], "error at call \(turn)")
        }
    }
}
