import BlockingIO
import ConnectorTesting
import Glibc
import PipelineCore
import Testing

@testable import WriteAheadLog

@Suite("A log on a disk that stops or fails")
struct LogCrashTests {
    private static let survivals: [SimulatedDisk.Survival] =
        [.onlySynced, .everything] + (0..<8).map { .some(seed: $0) }

    /// Two lives of a collector: events, some of them taken away, a restart, more events.
    private static func work(_ oracle: LogOracle, on disk: SimulatedDisk) async throws {
        try disk.makeDirectory("/srv")
        try disk.syncDirectory("/")
        let first = try await LogOracle.open(disk)
        try await first.running {
            await oracle.send(9, to: first)
            try await oracle.removeHalf(of: first)
            await oracle.send(4, to: first)
        }
        let second = try await LogOracle.open(disk)
        try await second.running {
            await oracle.send(5, to: second)
            try await oracle.removeHalf(of: second)
            await oracle.send(5, to: second)
        }
    }

    /// What was acknowledged is there once, and the log goes on.
    private static func check(
        _ oracle: LogOracle,
        on disk: SimulatedDisk,
        _ place: String,
        marksAlways: Bool = true
    ) async throws {
        let log = try await LogOracle.open(disk)
        let found = try await LogOracle.contents(of: log)
        #expect(Set(found).count == found.count, "\(place): an event is there twice")
        let lost = oracle.acknowledged.subtracting(oracle.removed).subtracting(found)
        #expect(lost.isEmpty, "\(place): lost \(lost.sorted())")
        if marksAlways, let first = await log.sealedSegments().first, first.firstNumber > 1 {
            #expect(log.removed?.writer == first.writer, "\(place): it has forgotten what it does not know of")
            #expect(log.removed?.number ?? 0 >= first.firstNumber, "\(place)")
        }
        #expect(log.recovery.missing == 0 && log.recovery.damagedFiles.isEmpty, "\(place): \(log.recovery)")
        #expect(Int(log.recovery.events) == found.count, "\(place)")
        try await log.running { try await log.append(Array("\(LogOracle.line(100_000))\n".utf8), events: 1) }
        let again = try await LogOracle.contents(of: try await LogOracle.open(disk))
        #expect(again == found + [100_000], "\(place): not as before after one more event")
    }

    @Test("Wherever the machine stops and whatever the disk then holds, no acknowledged event is lost or doubled")
    func crashes() async throws {
        let whole = SimulatedDisk()
        try await Self.work(LogOracle(), on: whole)
        #expect(whole.calls > 60)
        for turn in 1...(whole.calls + 20) {
            let disk = SimulatedDisk(.stop(before: turn))
            let oracle = LogOracle()
            try? await Self.work(oracle, on: disk)
            for survival in Self.survivals {
                let restarted = disk.restarted(survival)
                guard (try? restarted.entries(of: "/srv")) != nil else { continue }
                try await Self.check(oracle, on: restarted, "stopped before call \(turn), \(survival)")
            }
        }
    }

    @Test(
        "Whichever call fails, once or for good, no acknowledged event is lost or doubled",
        arguments: [EIO, ENOSPC],
        [false, true]
    )
    func failures(number: Int32, isLasting: Bool) async throws {
        let whole = SimulatedDisk()
        try await Self.work(LogOracle(), on: whole)
        for turn in 3...(whole.calls + 10) {
            let disk = SimulatedDisk(.fail(at: turn, number: number, isLasting: isLasting))
            let oracle = LogOracle()
            try? await Self.work(oracle, on: disk)
            for survival in [.onlySynced, .everything] as [SimulatedDisk.Survival] {
                guard (try? disk.restarted(survival).entries(of: "/srv")) != nil else { continue }
                try await Self.check(
                    oracle,
                    on: disk.restarted(survival),
                    "error \(number) at call \(turn), \(survival)",
                    marksAlways: number != ENOSPC
                )
            }
        }
    }

    @Test("A log opens on a full disk with all that it holds, so that it can land and make room")
    func fullDisk() async throws {
        let disk = SimulatedDisk()
        try disk.makeDirectory("/srv")
        let oracle = LogOracle()
        let log = try await LogOracle.open(disk)
        await log.running { await oracle.send(6, to: log) }
        let sound = disk.restarted(.everything)
        _ = try await LogOracle.open(sound)
        var full: [Int] = []
        for call in 1...sound.calls {
            let failing = disk.restarted(.everything, fault: .fail(at: call, number: ENOSPC, isLasting: false))
            guard let again = try? await LogOracle.open(failing) else { continue }
            full.append(call)
            #expect(Set(try await LogOracle.readable(in: again).found) == oracle.acknowledged, "call \(call)")
        }
        // Making the copy, writing its header, its records and its end, and syncing it.
        #expect(full.count >= 10, "\(full) of \(sound.calls)")
    }

    @Test("Short writes are completed")
    func shortWrites() async throws {
        let disk = SimulatedDisk(.shortWrites)
        let oracle = LogOracle()
        try await Self.work(oracle, on: disk)
        try await Self.check(oracle, on: disk.restarted(.onlySynced), "short writes")
    }

    @Test("After a failed sync nothing is acknowledged until the log is opened again")
    func failedSync() async throws {
        let line = Array("{}\n".utf8)
        let whole = SimulatedDisk()
        try whole.makeDirectory("/srv")
        let first = try await LogOracle.open(whole, segmentSize: 1 << 20)
        try await first.running { try await first.append(line, events: 1) }
        // The last calls of such a life are write, fsync, the write of the end's mark, and close.
        let failing = SimulatedDisk(.fail(at: whole.calls - 2, number: EIO, isLasting: false))
        try failing.makeDirectory("/srv")
        let log = try await LogOracle.open(failing, segmentSize: 1 << 20)
        await log.running {
            for _ in 0..<5 {
                let error = await #expect(throws: PipelineError.self) { try await log.append(line, events: 1) }
                #expect(error?.code == .unreachable && error?.hint?.contains("restart") == true)
            }
        }
        #expect(log.failure != nil)
    }

    @Test("What could not be written shares its numbers with nothing that comes after it")
    func failedWrite() async throws {
        let line = Array("{}\n".utf8)
        let whole = SimulatedDisk()
        try whole.makeDirectory("/srv")
        let first = try await LogOracle.open(whole, segmentSize: 1 << 20)
        try await first.running {
            try await first.append(line, events: 1)
            let calls = whole.calls
            let failing = SimulatedDisk(.fail(at: calls + 1, number: ENOSPC, isLasting: false))
            try failing.makeDirectory("/srv")
            let log = try await LogOracle.open(failing, segmentSize: 1 << 20)
            try await log.running {
                try await log.append(line, events: 1)
                await #expect(throws: PipelineError.self) { try await log.append(line, events: 1) }
                #expect(log.obstacle?.code == .outOfResources && log.failure == nil)
                await log.tryAgain()
                #expect(log.obstacle == nil)
                try await log.append(line, events: 1)
            }
            let segments = await log.sealedSegments()
            #expect(segments.map(\.firstNumber) == [1, 1] && segments.map(\.endNumber) == [2, 2])
            #expect(Set(segments.map(\.writer)).count == 2)
        }
    }
}
