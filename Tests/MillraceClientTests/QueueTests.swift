import CollectorTesting
import ConnectorTesting
import Foundation
import MillraceClient
import Testing

@Suite("The queue of the client")
struct QueueTests {
    private typealias Landed = ClientFolder.Landed

    @Test("A full queue gives up its oldest messages, and counts them")
    func limit() async throws {
        let collector = try RunningCollector()
        let folder = try ClientFolder()
        // Some of the messages are an earlier process's.
        try folder.client().count(0..<100)
        let dropped = try await overflow(folder)
        try await collector.serving { address in
            let isSent = try await folder.client(address).flush()
            #expect(isSent)
        }
        #expect(try await collector.landed(as: Landed.self).numbers == Array(dropped..<1000))
    }

    /// Tracks 900 messages without a server, and returns how many were dropped.
    private func overflow(_ folder: ClientFolder) async throws -> Int {
        let millrace = try folder.client { options in
            (options.batchCount, options.batchSize, options.queueSize) = (10, 50_000, 100_000)
        }
        millrace.count(100..<1000)
        let size = try folder.segments.reduce(0) { try $0 + folder.scratch.read($1).utf8.count }
        #expect(size <= 100_000 && size > 90_000)
        let dropped = millrace.counts.dropped
        let told = folder.failures.reduce(0) { if case .dropped(let count) = $1 { $0 + count } else { $0 } }
        #expect(dropped > 400 && dropped == told && dropped % 10 == 0)
        #expect(await !millrace.flush())
        return dropped
    }

    @Test("Half a line at the end of a file is no message, and spoils no other")
    func torn() async throws {
        let collector = try RunningCollector()
        let folder = try ClientFolder()
        try folder.client().count(0..<3)
        let name = try #require(folder.segments.first)
        try folder.scratch.write(try folder.scratch.read(name) + #"{"type":"track","messag"#, to: name)
        try await collector.serving { address in
            let millrace = try folder.client(address)
            millrace.count(3..<5)
            #expect(await millrace.flush())
        }
        #expect(try await collector.landed(as: Landed.self).numbers == Array(0..<5))
        #expect(folder.failures == [] && folder.segments == [])
    }

    @Test("Long messages make short batches, none longer than a batch may be")
    func sizes() async throws {
        let collector = try RunningCollector(["body": "100000"])
        let folder = try ClientFolder()
        try await collector.serving { address in
            let millrace = try folder.client(address) { $0.batchSize = 100_000 }
            for number in 0..<40 {
                millrace.track(
                    "Counted",
                    ["number": .integer(Int64(number)), "text": .string(String(repeating: "é", count: 15_000))]
                )
            }
            #expect(folder.segments.count == 14)
            #expect(await millrace.flush())
        }
        #expect(try await collector.landed(as: Landed.self).numbers == Array(0..<40))
        #expect(folder.failures == [])
    }

    @Test("A file that somebody took away is told, and holds nothing up")
    func vanished() async throws {
        let collector = try RunningCollector()
        let folder = try ClientFolder()
        try await collector.serving { address in
            let millrace = try folder.client(address)
            millrace.count(0..<150)
            try FileManager.default.removeItem(atPath: folder.scratch.path(try #require(folder.segments.first)))
            #expect(await millrace.flush())
        }
        #expect(try await collector.landed(as: Landed.self).numbers == Array(100..<150))
        #expect(folder.failures.count == 1)
    }
}
