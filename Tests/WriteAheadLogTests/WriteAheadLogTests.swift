import BlockingIO
import ConnectorTesting
import Foundation
import PipelineCore
import Synchronization
import Testing

@testable import WriteAheadLog

@Suite("A log on this machine's disk")
struct WriteAheadLogTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func open(_ options: WriteAheadLog.Options = .init()) async throws -> WriteAheadLog {
        let now = Timestamp(microseconds: 5_000_000)
        return try await WriteAheadLog(directory: scratch.path("log"), options: options, clock: { now })
    }

    @Test("What many tasks append at once is all there, each request's lines together")
    func manyAtOnce() async throws {
        let oracle = LogOracle()
        let log = try await open(.init(segmentSize: 20_000))
        await log.running {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { await oracle.send(60, to: log) } }
            }
        }
        #expect(oracle.acknowledged.count == 8 * 120)
        let again = try await open()
        #expect(Set(try await LogOracle.contents(of: again)) == oracle.acknowledged)
        let segments = await again.sealedSegments()
        #expect(segments.count > 1 && Set(segments.map(\.writer)).count == 1 && segments[0].writer.count == 32)
        #expect(again.recovery == LogRecovery(events: 960))
    }

    @Test("Each life of a log has a writer of its own, and knows what was taken away last")
    func lives() async throws {
        let log = try await open()
        var writers: Set<String> = []
        try await log.running {
            try await log.append(Array("{}\n{}\n".utf8), events: 2)
            await log.seal(olderThan: .zero)
            let segment = try #require(await log.sealedSegments().last)
            #expect(segment.firstNumber == 1 && segment.endNumber == 3)
            #expect(log.size == segment.size)
            #expect(log.removed == nil)
            try await log.remove(upTo: segment)
            #expect(log.size == 0 && log.removed == LogMark(writer: segment.writer, number: 3))
            writers.insert(segment.writer)
        }
        for turn in 1...3 {
            let again = try await open()
            #expect(again.removed == log.removed)
            #expect(await again.sealedSegments().count == turn - 1)
            try await again.running { try await again.append(Array("{}\n".utf8), events: 1) }
            let segments = await again.sealedSegments()
            #expect(segments.count == turn && segments.allSatisfy { $0.firstNumber == 1 && $0.endNumber == 2 })
            writers.formUnion(segments.map(\.writer))
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("log")).count == turn + 1)
        }
        #expect(writers.count == 4)
    }

    @Test(
        "Who follows a log goes on when all of it was taken away and it is opened again, also by a clock that was set back"
    )
    func followed() async throws {
        let follower = SegmentFollower(scratch.path("log"))
        #expect(try await follower.next() == nil)
        for second in [10, 20, 5, 30] as [Int64] {
            let log = try await WriteAheadLog(
                directory: scratch.path("log"),
                options: .init(),
                clock: { Timestamp(microseconds: second * 1_000_000) }
            )
            try await log.running {
                for turn in 0..<2 {
                    let line = Array("\(second)-\(turn)\n".utf8)
                    try await log.append(line, events: 1)
                    #expect(try await follower.next() == line)
                    await log.seal(olderThan: .zero)
                    try await log.remove(upTo: try #require(await log.sealedSegments().last))
                }
            }
        }
    }

    @Test("A mark that cannot be read is put aside, and the log goes on without it")
    func damagedMark() async throws {
        let log = try await open()
        try await log.running {
            try await log.append(Array("{}\n".utf8), events: 1)
            await log.seal(olderThan: .zero)
            try await log.remove(upTo: try #require(await log.sealedSegments().last))
        }
        let url = URL(fileURLWithPath: scratch.path("log/landed"))
        var bytes = [UInt8](try Data(contentsOf: url))
        for index in bytes.indices {
            bytes[index] ^= 1
            try Data(bytes).write(to: url)
            bytes[index] ^= 1
            let again = try await open()
            #expect(again.removed == nil && again.recovery.damagedFiles == ["landed.damaged"], "byte \(index)")
        }
    }

    @Test("A segment is as old as its first event, however long nothing came before")
    func ages() async throws {
        let now = Mutex<Int64>(5_000_000)
        let log = try await WriteAheadLog(
            directory: scratch.path("log"),
            options: .init(),
            clock: { Timestamp(microseconds: now.withLock { $0 }) }
        )
        try await log.running {
            for hour in 0..<3 as Range<Int64> {
                now.withLock { $0 = 5_000_000 + hour * 3_600_000_000 }
                try await log.append(Array("{}\n".utf8), events: 1)
                await log.seal(olderThan: .seconds(60))
                #expect(await log.sealedSegments().isEmpty)
                await log.seal(olderThan: .zero)
                let segment = try #require(await log.sealedSegments().last)
                #expect(segment.created.microseconds == now.withLock { $0 })
                try await log.remove(upTo: segment)
            }
        }
    }

    @Test("A segment ends when the clock has been set back, since nobody knows how old it is")
    func clockSetBack() async throws {
        let now = Mutex<Int64>(5_000_000_000)
        let log = try await WriteAheadLog(
            directory: scratch.path("log"),
            options: .init(),
            clock: { Timestamp(microseconds: now.withLock { $0 }) }
        )
        try await log.running {
            try await log.append(Array("{}\n".utf8), events: 1)
            await log.seal(olderThan: .seconds(60))
            #expect(await log.sealedSegments().isEmpty)
            now.withLock { $0 -= 1 }
            await log.seal(olderThan: .seconds(60))
            #expect(await log.sealedSegments().count == 1)
        }
    }

    @Test("Half of a small log's room makes a segment, so that the other half can be filled while it lands")
    func smallLog() async throws {
        let log = try await open(.init(capacity: 3000))
        let line = Array(LogOracle.noise(599, seed: 1).utf8) + [10]
        try await log.running {
            for _ in 0..<3 { try await log.append(line, events: 1) }
            #expect(await log.sealedSegments().count == 1)
        }
    }

    @Test("A full log refuses, says so, and takes again when there is room")
    func full() async throws {
        let log = try await open(.init(segmentSize: 1000, capacity: 3000))
        let line = Array(LogOracle.noise(599, seed: 1).utf8) + [10]
        try await log.running {
            for _ in 0..<4 { try await log.append(line, events: 1) }
            let error = await #expect(throws: PipelineError.self) { try await log.append(line, events: 1) }
            #expect(error?.code == .outOfResources && log.obstacle?.code == .outOfResources)
            let segment = try #require(await log.sealedSegments().first)
            try await log.remove(upTo: segment)
            #expect(log.obstacle == nil)
            try await log.append(line, events: 1)
        }
    }

    @Test("A request that no log of this capacity could hold is refused, and the others are not")
    func tooLarge() async throws {
        let log = try await open(.init(capacity: 3000))
        try await log.running {
            let large = Array(LogOracle.noise(4000, seed: 1).utf8) + [10]
            await #expect(throws: PipelineError.self) { try await log.append(large, events: 1) }
            #expect(log.obstacle == nil)
            let line = Array(LogOracle.noise(1200, seed: 1).utf8) + [10]
            try await log.append(line, events: 1)
            await #expect(throws: PipelineError.self) { try await log.append(Array(large.dropFirst(1500)), events: 1) }
            #expect(log.obstacle != nil)
            await log.seal(olderThan: .seconds(3600))
            #expect(await log.sealedSegments().count == 1)
        }
    }
}
