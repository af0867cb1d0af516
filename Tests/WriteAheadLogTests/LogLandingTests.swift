import ConnectorTesting
import Foundation
import Gzip
import Lake
import LocalFilesPlugin
import PipelineCore
import Testing

@testable import WriteAheadLog

@Suite("Segments on their way into the raw zone")
struct LogLandingTests {
    private let scratch: ScratchDirectory
    private var store: LocalObjectStore { LocalObjectStore(root: scratch.path("lake")) }

    init() throws { scratch = try ScratchDirectory() }

    private func open(_ name: String = "log", segmentSize: Int64 = 300) async throws -> WriteAheadLog {
        try await WriteAheadLog(
            directory: scratch.path(name),
            options: .init(commitDelay: .zero, segmentSize: segmentSize),
            clock: { Timestamp(microseconds: 1_795_000_000_000_000) }
        )
    }

    private func landing(of log: WriteAheadLog, in store: any ObjectStore) -> LogLanding {
        LogLanding(log, source: "web", rawZone: LandingLog(store: store), coding: GzipCoding())
    }

    /// The events of all objects that were landed, in order, with the numbers of their rows.
    private func landed() async throws -> [(row: String, event: Int)] {
        let zone = LandingLog(store: store)
        var events: [(String, Int)] = []
        for file in try await zone.landings(of: "web", after: nil).flatMap(\.files) {
            var bytes: [UInt8] = []
            guard let object = file.object else { continue }  // It tells of a gap.
            for try await chunk in GzipCoding().decode(try await zone.read(ObjectKey(rawValue: object))) {
                bytes += chunk
            }
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            #expect(lines.count == Int(file.rows))
            for (index, line) in lines.enumerated() {
                events.append(
                    ("\(file.fileID)/\(file.firstRow + Int64(index))", try #require(LogOracle.number(ofLine: line)))
                )
            }
        }
        return events
    }

    @Test("Wherever landing fails, the next one completes it: every event lands once")
    func failures() async throws {
        for moment in FaultyObjectStore.Moment.allCases {
            var turn = 1
            var isDone = false
            while !isDone {
                for name in ["lake", "log"] { try? FileManager.default.removeItem(atPath: scratch.path(name)) }
                let oracle = LogOracle()
                let log = try await open()
                // One after the other, so that as many segments come of it each time.
                await log.running { for _ in 0..<10 { await oracle.send(1, to: log) } }
                let faulty = FaultyObjectStore(store, failingAt: turn, moment, isLasting: moment == .before)
                do {
                    _ = try await landing(of: log, in: faulty).land()
                    isDone = faulty.calls < turn
                } catch {}
                let again = try await open()
                await again.running { await oracle.send(3, to: again) }
                _ = try await landing(of: again, in: store).land()
                let events = try await landed()
                let place = "\(moment) call \(turn)"
                #expect(
                    Set(events.map(\.event)) == oracle.acknowledged && events.count == oracle.acknowledged.count,
                    "\(place)"
                )
                #expect(Set(events.map(\.row)).count == events.count, "\(place)")
                #expect(await again.sealedSegments().isEmpty, "\(place)")
                turn += 1
            }
            #expect(turn > 20)
        }
    }

    @Test("Several writers land in one source at the same time")
    func writers() async throws {
        try await withThrowingTaskGroup(of: Set<Int>.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    let oracle = LogOracle()
                    let log = try await self.open("log-\(writer)")
                    await log.running { await oracle.send(20, to: log) }
                    let report = try await self.landing(of: log, in: self.store).land()
                    #expect(report == LogLanding.Report(events: Int64(oracle.acknowledged.count), missing: 0))
                    return oracle.acknowledged
                }
            }
            for try await _ in group {}
        }
        let events = try await landed()
        #expect(events.count == 3 * 39 && Set(events.map(\.row)).count == 3 * 39)
    }

    private func copy(_ name: String, to other: String) throws {
        try? FileManager.default.removeItem(atPath: scratch.path(other))
        try FileManager.default.copyItem(atPath: scratch.path(name), toPath: scratch.path(other))
    }

    /// What was acknowledged has landed; what was copied may have landed twice, but not with the same row.
    private func checkLanded(_ oracle: LogOracle, _ place: String) async throws {
        let events = try await landed()
        let lost = oracle.acknowledged.subtracting(events.map(\.event))
        #expect(lost.isEmpty, "\(place): lost \(lost.sorted())")
        #expect(Set(events.map(\.row)).count == events.count, "\(place)")
        #expect(events.count == oracle.acknowledged.count, "\(place)")
    }

    @Test("A log that was put back from a copy loses nothing of what it takes from then on", arguments: [false, true])
    func restored(whileOpen: Bool) async throws {
        let oracle = LogOracle()
        let first = try await open()
        try await first.running {
            await oracle.send(3, to: first)
            if whileOpen { try copy("log", to: "backup") }
            await oracle.send(5, to: first)
        }
        if !whileOpen { try copy("log", to: "backup") }
        let second = try await open()
        await second.running { await oracle.send(6, to: second) }
        _ = try await landing(of: second, in: store).land()
        try copy("backup", to: "log")
        for turn in 0..<3 {
            let restored = try await open()
            await restored.running { await oracle.send(4, to: restored) }
            _ = try await landing(of: restored, in: store).land()
            try await checkLanded(oracle, "restored, turn \(turn)")
        }
    }

    @Test("Two collectors with copies of one log land all that either of them takes")
    func clones() async throws {
        let oracle = LogOracle()
        let first = try await open()
        await first.running { await oracle.send(6, to: first) }
        try copy("log", to: "clone")
        for turn in 0..<2 {
            let logs = [try await open("log"), try await open("clone")]
            for log in logs { await log.running { await oracle.send(4 + turn, to: log) } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for log in logs { group.addTask { _ = try await landing(of: log, in: store).land() } }
                try await group.waitForAll()
            }
            try await checkLanded(oracle, "turn \(turn)")
        }
    }

    @Test(
        "A lake that has lost what had landed in it gets nothing, and the log keeps what it holds",
        arguments: [false, true]
    )
    func lostLake(isReopened: Bool) async throws {
        let oracle = LogOracle()
        var log = try await open()
        await log.running { await oracle.send(4, to: log) }
        _ = try await landing(of: log, in: store).land()
        try copy("lake", to: "away")
        try FileManager.default.removeItem(atPath: scratch.path("lake"))
        if isReopened { log = try await open() }
        let again = try await open()
        await again.running { await oracle.send(4, to: again) }
        let error = await #expect(throws: PipelineError.self) { try await landing(of: again, in: store).land() }
        #expect(
            error?.code == .notFound && error?.hint?.contains("/log/landed") == true,
            "\(String(describing: error))"
        )
        #expect(await !again.sealedSegments().isEmpty)
        try copy("away", to: "lake")
        _ = try await landing(of: again, in: store).land()
        try await checkLanded(oracle, "back again")
        #expect(await again.sealedSegments().isEmpty)
    }

    @Test("What is damaged is counted once, when it is seen first, and the file stays when the rest has landed")
    func damage() async throws {
        let oracle = LogOracle()
        let log = try await open()
        await log.running {
            for _ in 0..<3 {
                await oracle.send(3, to: log)
                await log.seal(olderThan: .zero)
            }
        }
        let segments = await log.sealedSegments()
        for segment in [try #require(segments.first), try #require(segments.last)] {
            let url = URL(filePath: scratch.path("log/\(segment.name.text)"))
            var bytes = [UInt8](try Data(contentsOf: url))
            bytes[SegmentHeader.size + LogRecord.headerSize + 5] ^= 1
            try Data(bytes).write(to: url)
        }
        let again = try await open()
        #expect(again.recovery.missing > 0, "the last one is read when the log is opened")
        let report = try await landing(of: again, in: store).land()
        #expect(report.missing > 0, "the first one when it lands")
        let lost = Int64(oracle.acknowledged.count) - report.events
        #expect(again.recovery.missing + report.missing == lost)
        #expect(Int64(try await landed().count) == report.events)
        let names = try [segments.first, segments.last].map { try #require($0).name.text + ".damaged" }
        #expect(try await LogBacklog.inspect(scratch.path("log")).damagedFiles == names)
    }

    @Test(
        "What was damaged when the rest landed comes from an intact copy later, once, and what follows has its own numbers"
    )
    func gaps() async throws {
        let oracle = LogOracle()
        let log = try await open(segmentSize: 1 << 20)
        await log.running { for _ in 0..<6 { await oracle.send(3, to: log) } }
        let segment = try #require(await log.sealedSegments().first)
        let file = scratch.path("log/\(segment.name.text)")
        let whole = try Data(contentsOf: URL(filePath: file))
        var bytes = [UInt8](whole)
        let records = bytes.indices.filter { bytes[$0...].starts(with: LogRecord.marker) }
        for index in [2, 3, records.count - 2] { bytes[records[index] + LogRecord.headerSize + 3] ^= 1 }
        try Data(bytes).write(to: URL(filePath: file))
        let damaged = try await landing(of: open(), in: store).land()
        #expect(damaged.events < oracle.acknowledged.count)
        #expect(Int64(try await landed().count) == damaged.events)
        for _ in 0..<2 {
            try whole.write(to: URL(filePath: file))
            let again = try await open()
            _ = try await landing(of: again, in: store).land()
            let events = try await landed()
            #expect(Set(events.map(\.event)) == oracle.acknowledged && events.count == oracle.acknowledged.count)
            #expect(Set(events.map(\.row)).count == events.count)
        }
    }

    @Test("Whatever is missing of whichever segments, each copy of the log adds what it holds", arguments: 1...12)
    func copies(seed: Int) async throws {
        var state = UInt64(seed)
        func random(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        let oracle = LogOracle()
        let log = try await open(segmentSize: 600)
        await log.running { for _ in 0..<20 { await oracle.send(3, to: log) } }
        let segments = await log.sealedSegments()
        let files = try segments.map { segment in
            let path = scratch.path("log/\(segment.name.text)")
            return (path, [UInt8](try Data(contentsOf: URL(filePath: path))))
        }
        try #require(files.count > 3)
        var expected: Set<Int> = []
        for copy in 0..<6 {
            for (path, whole) in files {
                try? FileManager.default.removeItem(atPath: path)
                try? FileManager.default.removeItem(atPath: path + ".damaged")
                // Gone, damaged in one place or all over, cut off, or (the last copy) whole.
                var bytes = whole
                switch copy < 5 ? random(5) : 4 {
                case 0: continue
                case 1: bytes[SegmentHeader.size + random(whole.count - SegmentHeader.size)] ^= 1
                case 2: bytes.replaceSubrange(44..<whole.count, with: repeatElement(0, count: whole.count - 44))
                case 3: bytes.removeLast(random(whole.count - 44))
                default: break
                }
                try Data(bytes).write(to: URL(filePath: path))
            }
            let again = try await open(segmentSize: 600)
            expected.formUnion(try await LogOracle.readable(in: again).found)
            try await landing(of: again, in: store).land()
            let events = try await landed()
            #expect(Set(events.map(\.event)) == expected && events.count == expected.count, "copy \(copy)")
            #expect(Set(events.map(\.row)).count == events.count)
            #expect(await again.sealedSegments().isEmpty)
        }
        #expect(expected == oracle.acknowledged)
    }
}
