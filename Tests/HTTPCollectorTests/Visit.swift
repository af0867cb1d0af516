import CollectorTesting
import Foundation
import Gzip
import HTTPTypes
import PipelineCore
import Testing

@testable import HTTPCollectorPlugin

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A page of a site, the collector that it sends to, and the browser that shows it.
struct Visit: Sendable {
    /// How many messages wait in the browser's storage, as an expression.
    static let queued = "Object.keys(localStorage).filter((key) => key.startsWith('millrace.queued')).length"

    let collector: RunningCollector
    let collectorAddress: String
    let pages: PageServer
    let site: String
    let browser: Chromium

    /// Runs all three while `body` uses them.
    static func running(_ body: @escaping @Sendable (Visit) async throws -> Void) async throws {
        let collector = try RunningCollector(landsAtOnce: true)
        try await collector.serving { address in
            try await PageServer.serving { pages, site in
                pages.set(head: script(address))
                try await Chromium.running { browser in
                    try await body(
                        Visit(
                            collector: collector,
                            collectorAddress: address,
                            pages: pages,
                            site: site,
                            browser: browser
                        )
                    )
                }
            }
        }
    }

    static func script(_ address: String, _ options: String = "") -> String {
        "<script src='\(address)/millrace.js' data-write-key=k1 async \(options)></script>"
    }

    func script(_ options: String) -> String { Self.script(collectorAddress, options) }

    /// The messages that have landed, as soon as there are so many, in the order in which the browser made them: what one page
    /// sends when it is left and what the next one sends go by different connections.
    func landed(_ count: Int) async throws -> [LandedMessage] {
        try await eventually("\(count) messages landed") { try await collector.landed().count >= count }
        let messages = try await collector.landed().map(LandedMessage.init).enumerated()
        return messages.sorted { ($0.element["timestamp"], $0.offset) < ($1.element["timestamp"], $1.offset) }.map(
            \.element
        )
    }

    /// Nothing has come, and nothing is on its way: what the page sends now lands alone.
    func nothingLands(_ tab: Tab) async throws {
        try await tab.run("new Promise((done) => setTimeout(done, 4000))")
        #expect(try await collector.landed().isEmpty)
    }
}

/// A line of the log.
struct LandedMessage {
    private let members: [String: Any]

    init(_ line: String) throws {
        members = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    /// The value at a path, as a text; empty where there is none.
    subscript(_ path: String) -> String {
        var value: Any = members
        for name in path.split(separator: ".") {
            guard let next = (value as? [String: Any])?[String(name)] else { return "" }
            value = next
        }
        return value as? String ?? "\(value)"
    }

    /// What the message is about: its event, or else its path.
    var subject: String { self["event"].isEmpty ? "\(self["type"]) \(self["context.page.path"])" : self["event"] }
}
