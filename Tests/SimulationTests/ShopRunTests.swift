import ConnectorTesting
import LocalFilesPlugin
import PipelineCore
import Testing

@testable import Simulation

@Suite("Reading a simulated shop")
struct ShopRunTests {
    @Test("Chunks are whole lines of limited size")
    func chunks() async throws {
        let run = ShopRun(ShopSimulation(seed: 1, start: ShopSimulation.start, days: 1, visitorsPerDay: 1_000))
        let file = try #require(run.nextFile())
        var chunks = 0
        for try await chunk in file.bytes {
            chunks += 1
            #expect(chunk.last == UInt8(ascii: "\n") && chunk.count < 300_000)
        }
        #expect(chunks > 10)
    }

    @Test("Nothing is handed out before it arrives, wherever the line is drawn")
    func boundary() throws {
        var shop = Shop(ShopSimulation(seed: 6, start: ShopSimulation.start, days: 1, visitorsPerDay: 400))
        let marker = Array("\"receivedAt\":\"".utf8)
        var lines = 0
        for minute in 1...1440 as ClosedRange<Int64> {
            let limit = shop.start + minute * Clock.minute
            while let chunk = shop.nextChunk(before: limit) {
                for line in chunk.split(separator: UInt8(ascii: "\n")) {
                    let start = try #require(line.firstRange(of: marker)?.upperBound)
                    let received = try Message.milliseconds(String(decoding: line[start...].prefix(24), as: UTF8.self))
                    #expect(received < limit)
                    lines += 1
                }
            }
        }
        #expect(lines == shop.truth.lines && lines > 1_000)
    }

    @Test("What is held in memory does not grow with the days")
    func memory() {
        let peaks = [15, 45].map { days in
            var shop = Shop(ShopSimulation(seed: 2, start: ShopSimulation.start, days: days, visitorsPerDay: 100))
            var peak = 0
            while shop.nextChunk(before: .max) != nil { peak = max(peak, shop.held) }
            #expect(shop.held == 0)
            return peak
        }
        #expect(peaks[1] < peaks[0] * 2 && peaks[1] < 600, "\(peaks)")
    }

    @Test("A file that is read out of turn is refused")
    func order() async throws {
        let run = ShopRun(ShopSimulation(seed: 1, start: ShopSimulation.start, days: 2, visitorsPerDay: 10))
        let first = try #require(run.nextFile())
        let second = try #require(run.nextFile())
        #expect(run.nextFile() == nil)
        await #expect(throws: PipelineError.self) { for try await _ in second.bytes {} }
        for try await _ in first.bytes {}
        for try await _ in second.bytes {}
        await #expect(throws: PipelineError.self) { for try await _ in first.bytes {} }
    }

    @Test("A cancelled reader stops")
    func cancellation() async throws {
        let run = ShopRun(ShopSimulation(seed: 1, start: ShopSimulation.start, days: 1, visitorsPerDay: 1_000_000))
        let file = try #require(run.nextFile())
        let reader = Task { for try await _ in file.bytes {} }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
    }

    @Test("A store receives every file, coded, under stable names")
    func store() async throws {
        let simulation = ShopSimulation(seed: 3, start: ShopSimulation.start, days: 2, visitorsPerDay: 20)
        let scratch = try ScratchDirectory()
        let store = LocalObjectStore(root: scratch.path)
        let truth = try await simulation.write(to: store, under: "drop", coding: Inverted())
        let keys = try await store.list(under: "drop").map(\.key)
        #expect(keys == ["drop/events-2026-03-01.ndjson.inv", "drop/events-2026-03-02.ndjson.inv"])
        var plain: [UInt8] = []
        for key in keys { plain += try await store.contents(of: key).map { ~$0 } }
        #expect(try await simulation.files().flatMap(\.bytes) == plain)
        #expect(plain.count { $0 == UInt8(ascii: "\n") } == truth.lines)
    }
}

/// A coding that is easy to undo.
private struct Inverted: ContentCoding {
    let fileExtension = "inv"
    func encode(_ bytes: ByteStream) -> ByteStream { bytes.inverted() }
    func decode(_ bytes: ByteStream) -> ByteStream { bytes.inverted() }
}

extension AsyncSequence where Self: Sendable, Element == [UInt8], Failure == any Error {
    fileprivate func inverted() -> ByteStream { map { chunk in chunk.map { ~$0 } } }
}
