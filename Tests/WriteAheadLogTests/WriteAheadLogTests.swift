import BlockingIO
import ConnectorTesting
import Foundation
import PipelineCore
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
        #expect(again.writer == log.writer && again.writer.count == 32)
        #expect(Set(try await LogOracle.contents(of: again)) == oracle.acknowledged)
        #expect(await again.sealedSegments().count > 1)
        #expect(again.recovery == LogRecovery(events: 960))
    }

    @Test("A log whose segments were all taken away still knows who writes it and how far it has counted")
    func counts() async throws {
        let log = try await open()
        try await log.running {
            try await log.append(Array("{}\n{}\n".utf8), events: 2)
            await log.seal(olderThan: .zero)
            let segment = try #require(await log.sealedSegments().last)
            #expect(segment.firstNumber == 1 && segment.endNumber == 3)
            #expect(log.size == segment.size)
            try await log.remove(upTo: segment)
            #expect(log.size < segment.size)
        }
        for _ in 0..<3 {
            let again = try await open()
            #expect(again.writer == log.writer)
            #expect(await again.sealedSegments().isEmpty)
        }
        let last = try await open()
        try await last.running { try await last.append(Array("{}\n".utf8), events: 1) }
        #expect(await last.sealedSegments().map(\.firstNumber) == [3])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("log")).count == 1)
    }

    @Test("A full log refuses, says so, and takes again when there is room")
    func full() async throws {
        let log = try await open(.init(segmentSize: 1000, capacity: 3000))
        let line = Array(LogOracle.noise(599, seed: 1).utf8) + [10]
        try await log.running {
            for _ in 0..<4 { try await log.append(line, events: 1) }
            let error = await #expect(throws: PipelineError.self) { try await log.append(line, events: 1) }
            #expect(error?.code == .outOfResources)
            let segment = try #require(await log.sealedSegments().first)
            try await log.remove(upTo: segment)
            try await log.append(line, events: 1)
        }
    }

    @Test("However one byte of a segment is damaged or cut off, no wrong line is read and what is missing is told")
    func damage() async throws {
        let log = try await open()
        let oracle = LogOracle()
        await log.running { await oracle.send(6, to: log) }
        let all = try await LogOracle.contents(of: log)
        let segment = try #require(await log.sealedSegments().first)
        let path = scratch.path("log/\(LogSegment.fileName(segment.sequence))")
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for index in bytes.indices {
            for change in [0x01, 0x80, 0xFF] as [UInt8] {
                var damaged = bytes
                damaged[index] ^= change
                try await check(damaged, at: path, all, "byte \(index) changed by \(change)")
            }
            try await check(Array(bytes[..<index]), at: path, all, "cut at \(index)")
            try await check(
                Array(bytes[..<index] + bytes[index...].map { _ in 0 }),
                at: path,
                all,
                "zeros from \(index)"
            )
        }
    }

    private func check(_ bytes: [UInt8], at path: String, _ all: [Int], _ place: String) async throws {
        try? FileManager.default.removeItem(atPath: scratch.path("log"))
        try FileManager.default.createDirectory(atPath: scratch.path("log"), withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let log = try await open()
        let (found, isTold) = try await LogOracle.readable(in: log)
        #expect(found == all.filter(found.contains), "\(place): \(found)")
        let lost = Int64(all.count - found.count)
        #expect(log.recovery.missing <= lost && isTold == (log.recovery.missing > 0), "\(place)")
        try await log.running { try await log.append(Array("{}\n".utf8), events: 1) }
    }
}
