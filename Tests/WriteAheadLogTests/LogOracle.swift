import BlockingIO
import ConnectorTesting
import PipelineCore
import Synchronization

@testable import WriteAheadLog

/// Writes numbered events to a log and remembers what was promised of them.
final class LogOracle: Sendable {
    private struct Memory {
        var acknowledged: Set<Int> = []
        var removed: Set<Int> = []
        var sent = 0
    }

    static let directory = "/srv/log"
    private let memory = Mutex(Memory())

    var acknowledged: Set<Int> { memory.withLock { $0.acknowledged } }
    var removed: Set<Int> { memory.withLock { $0.removed } }

    static func line(_ number: Int) -> String {
        "{\"n\":\(number),\"pad\":\"\(noise(number * 7 % 40, seed: number))\"}"
    }

    /// Letters that cannot be compressed.
    static func noise(_ count: Int, seed: Int) -> String {
        var state = UInt64(bitPattern: Int64(seed))
        let letters = (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(ascii: "A") + UInt8(state >> 33 % 58)
        }
        return String(decoding: letters.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }

    static func number(ofLine line: Substring) -> Int? {
        let number = line.dropFirst(5).prefix { $0.isNumber }
        return Int(number).flatMap { Self.line($0) == line ? $0 : nil }
    }

    static func options(segmentSize: Int64 = 300) -> WriteAheadLog.Options {
        WriteAheadLog.Options(commitDelay: .zero, segmentSize: segmentSize)
    }

    static func open(_ disk: SimulatedDisk, segmentSize: Int64 = 300) async throws -> WriteAheadLog {
        try await WriteAheadLog(
            directory: directory,
            options: options(segmentSize: segmentSize),
            files: disk,
            clock: { Timestamp(microseconds: 1_000_000) }
        )
    }

    /// Sends `count` requests of one to three events, some at the same time.
    func send(_ count: Int, to log: WriteAheadLog) async {
        await withTaskGroup(of: Void.self) { group in
            for turn in 0..<count {
                let first = memory.withLock { memory in
                    defer { memory.sent += 1 + turn % 3 }
                    return memory.sent
                }
                let numbers = first..<(first + 1 + turn % 3)
                group.addTask { [self] in
                    let lines = numbers.map { Self.line($0) + "\n" }.joined()
                    guard (try? await log.append(Array(lines.utf8), events: numbers.count)) != nil else { return }
                    memory.withLock { $0.acknowledged.formUnion(numbers) }
                }
                if turn % 2 == 0 { await group.next() }
            }
        }
    }

    /// Takes the oldest segments away, as a collector does that has landed them.
    func removeHalf(of log: WriteAheadLog) async throws {
        let segments = await log.sealedSegments()
        guard let last = segments.dropLast(segments.count / 2).last else { return }
        for segment in segments where segment <= last {
            let numbers = try await Self.numbers(in: log.lines(of: segment))
            // What is about to go may be gone or not if the machine stops meanwhile.
            memory.withLock { $0.removed.formUnion(numbers) }
        }
        try await log.remove(upTo: last)
    }

    static func numbers(in lines: SegmentLines) async throws -> [Int] {
        var numbers: [Int] = []
        for try await chunk in lines {
            for line in String(decoding: chunk, as: UTF8.self).split(separator: "\n") {
                guard let number = number(ofLine: line) else { throw WrongLine(line: String(line)) }
                numbers.append(number)
            }
        }
        return numbers
    }

    struct WrongLine: Error { let line: String }

    /// The events that a damaged log still gives, and whether it tells that some are missing.
    static func readable(in log: WriteAheadLog) async throws -> (found: [Int], isTold: Bool) {
        var found: [Int] = []
        var isTold = false
        for segment in await log.sealedSegments() {
            var chunks = log.lines(of: segment).makeAsyncIterator()
            do {
                while let chunk = try await chunks.next() {
                    for line in String(decoding: chunk, as: UTF8.self).split(separator: "\n") {
                        guard let number = number(ofLine: line) else { throw WrongLine(line: String(line)) }
                        found.append(number)
                    }
                }
            } catch let error as PipelineError where error.code == .corruptData { isTold = true }
        }
        return (found, isTold)
    }

    /// All events of a log that has been closed.
    static func contents(of log: WriteAheadLog) async throws -> [Int] {
        var numbers: [Int] = []
        for segment in await log.sealedSegments() { numbers += try await Self.numbers(in: log.lines(of: segment)) }
        return numbers
    }
}

extension WriteAheadLog {
    /// Runs the log while `body` uses it, then closes it.
    func running(_ body: () async throws -> Void) async rethrows {
        let task = Task { await self.run() }
        defer { task.cancel() }
        try await body()
        task.cancel()
        await task.value
    }
}
