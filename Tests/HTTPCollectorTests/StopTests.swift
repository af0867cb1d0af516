import CollectorTesting
import ConnectorTesting
import PipelineCore
import Testing

@testable import HTTPCollectorPlugin

@Suite("A collector that is told to stop")
struct StopTests {
    /// Stores an event, begins a request that does not end, and stops; returns how long that took.
    private func stop(within limit: Duration, into destination: ReceiverDestination, _ folder: ScratchDirectory)
        async throws
        -> (collector: HTTPCollector, time: Duration)
    {
        var options = CollectorOptions()
        options.port = 0
        options.writeKeys = WriteKeys([("web", Secret("k"))])
        options.stopLimit = limit
        let collector = HTTPCollector(options: options, directory: folder.path("stopped"))
        let (addresses, ready) = AsyncStream.makeStream(of: String.self)
        let serving = Task {
            defer { ready.finish() }
            try await collector.serve(into: destination) { ready.yield($0) }
        }
        var iterator = addresses.makeAsyncIterator()
        let address = try #require(await iterator.next())
        let client = RawClient(port: try #require(address.split(separator: ":").last.flatMap { Int($0) }))
        #expect(try await client.send([RawClient.request()]).hasPrefix("HTTP/1.1 200"))
        let unfinished = Task {
            try await client.send([String(RawClient.request().dropLast()), "}"], pause: .seconds(60))
        }
        try await Task.sleep(for: .milliseconds(300))
        let start = ContinuousClock.now
        serving.cancel()
        try await serving.value
        unfinished.cancel()
        return (collector, ContinuousClock.now - start)
    }

    @Test("Slow requests and slow landing share the time that there is")
    func sharedTime() async throws {
        let running = try RunningCollector()
        let destination = ReceiverDestination(
            source: "events",
            rawZone: StuckRawZone(zone: running.destination.rawZone),
            coding: running.destination.coding,
            clock: running.destination.clock
        )
        let (collector, time) = try await stop(within: .seconds(6), into: destination, running.scratch)
        // Twice as long if each had the time for itself; the rest is for machines that do other things too.
        #expect(time > .seconds(5.5) && time < .seconds(11), "\(time)")
        #expect(try await collector.drain(into: running.destination) == 1)
    }

    @Test("A request that does not end leaves time for what has come to land")
    func unfinishedRequest() async throws {
        let running = try RunningCollector()
        _ = try await stop(within: .seconds(8), into: running.destination, running.scratch)
        #expect(try await running.landed().count == 1)
    }
}

/// A raw zone that no object gets into.
private struct StuckRawZone: RawZone {
    let zone: any RawZone

    func object(of source: String, arrival: Timestamp, fileExtension: String) async throws -> any RawObjectWriter {
        try await Task.sleep(for: .seconds(60))
        return try await zone.object(of: source, arrival: arrival, fileExtension: fileExtension)
    }

    func land(_ files: [LandedFile], of source: String, after previous: Int64?) async throws -> Int64 {
        try await zone.land(files, of: source, after: previous)
    }

    func landings(of source: String, after sequence: Int64?) async throws -> [Landing] {
        try await zone.landings(of: source, after: sequence)
    }

    func ledger(of source: String) async throws -> Ledger { try await zone.ledger(of: source) }

    func localPath(of object: ObjectKey) -> String? { zone.localPath(of: object) }

    func read(_ object: ObjectKey) async throws -> ByteStream { try await zone.read(object) }

    func vacuum(grace: Duration) async throws -> (files: Int, bytes: Int64) { try await zone.vacuum(grace: grace) }
}
