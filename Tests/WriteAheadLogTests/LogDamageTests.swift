import ConnectorTesting
import Foundation
import PipelineCore
import Testing

@testable import WriteAheadLog

@Suite("A log whose files were damaged")
struct LogDamageTests {
    private let scratch: ScratchDirectory
    private var directory: String { scratch.path("log") }

    init() throws { scratch = try ScratchDirectory() }

    private func open() async throws -> WriteAheadLog {
        let now = Timestamp(microseconds: 5_000_000)
        return try await WriteAheadLog(directory: directory, options: .init(commitDelay: .zero), clock: { now })
    }

    /// A log with six records in one segment, ended or as a kill leaves it: what it holds, and its file.
    private func filled(isEnded: Bool = true) async throws -> (all: [Int], name: SegmentName, bytes: [UInt8]) {
        let log = try await open()
        let oracle = LogOracle()
        var killed: [UInt8] = []
        try await log.running {
            await oracle.send(6, to: log)
            let name = try #require(try FileManager.default.contentsOfDirectory(atPath: directory).first)
            killed = [UInt8](try Data(contentsOf: URL(filePath: "\(directory)/\(name)")))
        }
        let segment = try #require(await log.sealedSegments().first)
        let ended = [UInt8](try Data(contentsOf: URL(filePath: "\(directory)/\(segment.name.text)")))
        #expect(ended.count == killed.count + LogRecord.headerSize)
        return (try await LogOracle.contents(of: log), segment.name, isEnded ? ended : killed)
    }

    /// Opens a log of one file, and once more; what can be read is a part of `all`, in order, and the same both times.
    private func check(
        _ bytes: [UInt8],
        called name: String,
        of all: [Int],
        _ place: String
    ) async throws -> (lost: Int64, recovery: LogRecovery) {
        try? FileManager.default.removeItem(atPath: directory)
        try scratch.write("", to: "log/.keep")
        try Data(bytes).write(to: URL(filePath: "\(directory)/\(name)"))
        let log = try await open()
        let (found, isTold) = try await LogOracle.readable(in: log)
        #expect(found == all.filter(found.contains), "\(place): \(found)")
        let recovery = log.recovery
        if !found.isEmpty { #expect(isTold == (recovery.missing > 0), "\(place)") }
        let isDamaged = recovery.missing > 0 || recovery.unreadableBytes > 0
        #expect(recovery.damagedFiles == (isDamaged ? ["\(name).damaged"] : []), "\(place): \(recovery)")
        if isDamaged {
            #expect([UInt8](try Data(contentsOf: URL(filePath: "\(directory)/\(name).damaged"))) == bytes, "\(place)")
        }
        let again = try await open()
        #expect(try await LogOracle.readable(in: again).found == found, "\(place)")
        try await again.running { try await again.append(Array("{}\n".utf8), events: 1) }
        return (Int64(all.count - found.count), recovery)
    }

    /// Another change for each of three neighbours.
    private static func damaged(_ bytes: [UInt8], at index: Int) -> [UInt8] {
        var damaged = bytes
        damaged[index] ^= [0x01, 0x80, 0xFF][index % 3]
        return damaged
    }

    @Test("Whichever byte of a segment is damaged, exactly the events of its record are lost, and that is told")
    func bytes() async throws {
        let (all, name, bytes) = try await filled()
        for index in bytes.indices {
            let (place, damaged) = ("byte \(index)", Self.damaged(bytes, at: index))
            let (lost, recovery) = try await check(damaged, called: name.text, of: all, place)
            #expect(recovery.missing == lost && recovery.unreadableBytes == 0, "\(place): \(lost), \(recovery)")
            let isInRecord = SegmentHeader.size..<(bytes.count - LogRecord.headerSize) ~= index
            #expect(isInRecord == (lost > 0) && lost <= 3, "\(place): \(lost)")
            #expect(recovery.damagedHeaders == (index < SegmentHeader.size ? [name.text] : []), "\(place)")
        }
    }

    @Test("The last record of a killed log is lost when it is damaged, and how many bytes that are is told")
    func lastRecord() async throws {
        let (all, name, bytes) = try await filled(isEnded: false)
        let last = try #require(bytes.indices.last { bytes[$0...].starts(with: LogRecord.marker) })
        for index in last..<bytes.count {
            let (place, damaged) = ("byte \(index)", Self.damaged(bytes, at: index))
            let (lost, recovery) = try await check(damaged, called: name.text, of: all, place)
            #expect(lost > 0 && recovery.missing == 0 && recovery.cutBytes == 0, "\(place): \(lost), \(recovery)")
            #expect(recovery.unreadableBytes == bytes.count - last, "\(place): \(recovery)")
        }
    }

    @Test(
        "Wherever a segment was cut off, as a kill or a power cut does it, the bytes behind the last whole record are told"
    )
    func cuts() async throws {
        let (all, name, bytes) = try await filled(isEnded: false)
        var ends = [SegmentHeader.size]
        ends += bytes.indices.filter { $0 > ends[0] && bytes[$0...].starts(with: LogRecord.marker) } + [bytes.count]
        for index in bytes.indices {
            let end = ends.last { $0 <= index } ?? SegmentHeader.size
            let cut = try await check(Array(bytes[..<index]), called: name.text, of: all, "cut at \(index)").recovery
            #expect(cut.cutBytes == max(0, index - end) && cut.unreadableBytes == 0 && cut.missing == 0, "\(cut)")
            guard ends.contains(index) else { continue }
            let zeros = Array(bytes[..<index] + bytes[index...].map { _ in 0 })
            let zeroed = try await check(zeros, called: name.text, of: all, "zeros from \(index)").recovery
            #expect(zeroed.cutBytes == bytes.count - end && zeroed.unreadableBytes == 0, "\(index): \(zeroed)")
        }
    }

    @Test("What is damaged is kept once, however often the log is opened before the rest is taken away")
    func keptOnce() async throws {
        var (_, name, bytes) = try await filled()
        bytes[SegmentHeader.size + LogRecord.headerSize + 5] ^= 1
        try Data(bytes).write(to: URL(filePath: "\(directory)/\(name.text)"))
        for turn in 0..<4 {
            let log = try await open()
            let copy = try #require(await log.sealedSegments().first)
            #expect(copy.isCopy && copy.missing > 0 && copy.firstNumber == 1 && log.recovery.missing == copy.missing)
            if turn > 1 { try await log.running { try await log.append(Array("{}\n".utf8), events: 1) } }
            #expect(try await LogBacklog.inspect(directory).damagedFiles == [name.text + ".damaged"])
        }
    }

    @Test("A damaged header costs no event of a segment between others either, and the numbers stay")
    func headerBetween() async throws {
        let log = try await open()
        let oracle = LogOracle()
        await log.running {
            for _ in 0..<3 {
                await oracle.send(3, to: log)
                await log.seal(olderThan: .zero)
            }
        }
        let segments = await log.sealedSegments()
        #expect(segments.count == 3)
        for segment in segments {
            let url = URL(filePath: "\(directory)/\(segment.name.text)")
            var bytes = [UInt8](try Data(contentsOf: url))
            for index in 0..<SegmentHeader.size { bytes[index] ^= 0x55 }
            try Data(bytes).write(to: url)
        }
        let again = try await open()
        #expect(Set(try await LogOracle.contents(of: again)) == oracle.acknowledged)
        let found = await again.sealedSegments()
        #expect(found.map(\.writer) == segments.map(\.writer))
        #expect(found.map(\.firstNumber) == segments.map(\.firstNumber))
        #expect(found.map(\.endNumber) == segments.map(\.endNumber))
        #expect(again.recovery.missing == 0 && again.recovery.damagedHeaders == segments.map(\.name.text))
    }

    @Test("What a start was killed over, between writing a copy and putting the damage aside, is put aside by the next")
    func killedWhilePuttingAside() async throws {
        let (all, name, whole) = try await filled(isEnded: false)
        let bytes = Self.damaged(whole, at: whole.count - 3)
        try? FileManager.default.removeItem(atPath: directory)
        let file = try scratch.write(bytes, to: "log/\(name.text)")
        let found = try await LogOracle.readable(in: open()).found
        #expect(!found.isEmpty && found.count < all.count)
        // Back to where both were there.
        try FileManager.default.moveItem(atPath: file + ".damaged", toPath: file)
        let log = try await open()
        #expect(log.recovery.damagedFiles == [name.text + ".damaged"])
        #expect([UInt8](try Data(contentsOf: URL(filePath: file + ".damaged"))) == bytes)
        #expect(try await LogOracle.readable(in: log).found == found)
    }
}
