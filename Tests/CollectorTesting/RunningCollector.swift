public import ConnectorTesting
internal import Foundation
internal import Gzip
public import HTTPCollectorPlugin
internal import Lake
internal import LocalFilesPlugin
public import PipelineCore
internal import Synchronization

/// A collector on a port of its own, and the raw zone that it lands in.
public final class RunningCollector: Sendable {
    /// The keys that it takes, and the sources that they stand for.
    public static let writeKeys = ["k1": "web", "k2": "app"]

    /// What it keeps is below `collector` and `lake` in it.
    public let scratch: ScratchDirectory
    /// The collector.
    public let collector: HTTPCollector
    /// Where it lands.
    public let destination: ReceiverDestination

    /// A collector with the settings of `use: http` that are given besides its keys; port 0 is any that is free.
    ///
    /// Events land when it stops, or also while it runs.
    public init(
        port: Int = 0,
        landsAtOnce: Bool = false,
        _ settings: [String: String] = ["body": "100000"]
    ) throws {
        scratch = try ScratchDirectory()
        let keys = Self.writeKeys.map { ($0.value, $0.key) }
        var entries = [Self.entry("listen", "127.0.0.1:\(port)"), Self.entry("write_keys", keys.map(Self.entry))]
        entries += settings.map(Self.entry)
        // What it holds at the end lands, also on a machine that runs many tests at once.
        if settings["stop_within"] == nil { entries.append(Self.entry("stop_within", "180s")) }
        if landsAtOnce { entries.append(Self.entry("land_every", "200ms")) }
        let issues = ConfigurationIssues()
        let block = ConfigurationBlock(Self.map(entries), path: "sources.events", issues: issues)
        let build = Connector<any EventReceiver>.http.configure(block)
        block.finish()
        let context = ConnectorContext(baseDirectory: scratch.path, stateDirectory: scratch.path)
        guard issues.all.isEmpty, let collector = try build(context) as? HTTPCollector else {
            throw UnusableSettings(description: "\(issues.all)")
        }
        self.collector = collector
        destination = ReceiverDestination(
            source: "events",
            rawZone: LandingLog(store: LocalObjectStore(root: scratch.path("lake"))),
            coding: GzipCoding(),
            clock: {
                // Segments land when they are old enough, which needs a clock that goes on.
                let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
                return Timestamp(microseconds: landsAtOnce ? now : 1_795_000_000_000_000)
            }
        )
    }

    /// Serves while `body` sends to the address that it is given; then everything has landed.
    ///
    /// It can serve again afterwards.
    public func serving(_ body: @escaping @Sendable (_ address: String) async throws -> Void) async throws {
        let (addresses, ready) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [collector, destination] in
                defer { ready.finish() }
                try await collector.serve(into: destination) { ready.yield($0) }
            }
            for await address in addresses {
                try await body("http://\(address)")
                break
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// A port that was free a moment ago, for a collector that starts later or again.
    public static func freePort() async throws -> Int {
        let port = Mutex<Int>(0)
        try await RunningCollector().serving { address in
            port.withLock { $0 = address.split(separator: ":").last.flatMap { Int($0) } ?? 0 }
        }
        return port.withLock { $0 }
    }

    /// The lines that have landed, in their order.
    public func landed() async throws -> [String] {
        var lines: [String] = []
        for file in try await destination.rawZone.landings(of: "events", after: nil).flatMap(\.files) {
            guard let object = file.object else { continue }
            var bytes: [UInt8] = []
            let stored = try await destination.rawZone.read(ObjectKey(rawValue: object))
            for try await chunk in GzipCoding().decode(stored) { bytes += chunk }
            lines += String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        return lines
    }

    /// The messages that have landed, in their order.
    public func landed<Message: Decodable>(as type: Message.Type) async throws -> [Message] {
        try await landed().map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
    }

    private struct UnusableSettings: Error { let description: String }

    private static let mark = ConfigurationMark(line: 1, column: 1)

    private static func entry(_ key: String, _ text: String) -> ConfigurationNode.Entry {
        let value = ConfigurationNode(.scalar(text, isQuoted: false, isReference: false), at: mark)
        return ConfigurationNode.Entry(key: key, keyMark: mark, value: value)
    }

    private static func entry(_ key: String, _ entries: [ConfigurationNode.Entry]) -> ConfigurationNode.Entry {
        ConfigurationNode.Entry(key: key, keyMark: mark, value: map(entries))
    }

    private static func map(_ entries: [ConfigurationNode.Entry]) -> ConfigurationNode {
        ConfigurationNode(.map(entries), at: mark)
    }
}
