import CollectorTesting
import ConnectorTesting
import Foundation
import Synchronization

@testable import MillraceClient

/// A queue's directory, what its clients complained of, and what the messages of the tests look like.
final class ClientFolder: Sendable {
    struct Landed: Decodable {
        struct Properties: Decodable { let number: Int? }
        let messageId: String
        let event: String?
        let properties: Properties?
        var number: Int? { properties?.number }
    }

    let scratch: ScratchDirectory
    let complaints = Mutex<[MillraceFailure]>([])

    init() throws { scratch = try ScratchDirectory() }

    var directory: String { scratch.path("queue") }
    var failures: [MillraceFailure] { complaints.withLock { $0 } }
    var segments: [String] { scratch.files().filter { $0.hasSuffix(".ndjson") } }

    /// A client that tries again soon.
    func client(
        _ address: String = "http://127.0.0.1:1",
        key: String = "k1",
        _ change: (inout Millrace.Options) -> Void = { _ in }
    ) throws -> Millrace {
        var options = Millrace.Options()
        options.flushInterval = .milliseconds(20)
        options.backoff.first = .milliseconds(10)
        options.backoff.limit = .milliseconds(50)
        options.onFailure = { failure in self.complaints.withLock { $0.append(failure) } }
        change(&options)
        guard let url = URL(string: address) else { throw CocoaError(.fileNoSuchFile) }
        // The tasks of the client before may hold it a moment longer than the test does.
        for _ in 0..<200 {
            do {
                return try Millrace(url: url, writeKey: key, directory: directory, options: options)
            } catch MillraceFailure.inUse {
                Thread.sleep(forTimeInterval: 0.005)
            }
        }
        return try Millrace(url: url, writeKey: key, directory: directory, options: options)
    }
}

extension Millrace {
    /// Tracks numbered events.
    func count(_ numbers: Range<Int>) {
        for number in numbers { track("Counted", ["number": .integer(Int64(number))]) }
    }

    /// Runs until `done`, or for ten seconds.
    func run(until done: @escaping @Sendable () -> Bool) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.run() }
            for _ in 0..<1000 where !done() { try? await Task.sleep(for: .milliseconds(10)) }
            group.cancelAll()
        }
    }
}

extension [ClientFolder.Landed] {
    var numbers: [Int] { compactMap(\.number) }

    /// What is left where each id counts once.
    var distinct: [ClientFolder.Landed] {
        var seen: Set<String> = []
        return filter { seen.insert($0.messageId).inserted }
    }
}
