import CollectorTesting
import ConnectorTesting
import PipelineCore
import Testing

@testable import HTTPCollectorPlugin

extension RunningCollector {
    /// Serves with the keys `k` and `other` and these options while `body` sends.
    func serving(
        _ change: (inout CollectorOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (RawClient) async throws -> Void
    ) async throws {
        var options = CollectorOptions()
        options.port = 0
        options.writeKeys = WriteKeys([("web", Secret("k")), ("app", Secret("other"))])
        options.stopLimit = .seconds(180)
        change(&options)
        let collector = HTTPCollector(options: options, directory: scratch.path("protected"))
        let (addresses, ready) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [destination] in
                defer { ready.finish() }
                try await collector.serve(into: destination) { ready.yield($0) }
            }
            for await address in addresses {
                let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
                try await body(RawClient(port: port))
                break
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
