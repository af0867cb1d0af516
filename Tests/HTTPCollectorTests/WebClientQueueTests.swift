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

/// What the client keeps until it is stored.
extension WebClientTests {
    @Test("Events outlive a collector that is down, and the page that made them")
    func collectorDown() async throws {
        let first = try RunningCollector()
        try await PageServer.serving { pages, site in
            try await Chromium.running { browser in
                let tab = try await browser.tab()
                let (ports, found) = AsyncStream.makeStream(of: String.self)
                try await first.serving { address in
                    found.yield(address)
                    pages.set(head: Visit.script(address))
                    try await tab.open(site + "/")
                    try await tab.run("millrace.flush()")
                }
                found.finish()
                let address = try #require(await ports.first { _ in true })
                // The beacon of this page gets no answer, and the next page finds out.
                try await tab.run("millrace.track('Lost')")
                try await tab.open(site + "/later")
                try await tab.run("millrace.flush()")
                #expect(try await tab.run(Visit.queued) == "2")
                try await tab.open(site + "/latest")
                #expect(try await tab.run(Visit.queued) == "3")
                let port = try #require(URL(string: address)?.port)
                let second = try RunningCollector(port: port)
                try await second.serving { _ in try await tab.wait("\(Visit.queued) === 0") }
                #expect(try await first.landed().map(LandedMessage.init).map(\.subject) == ["page /"])
                let messages = try await second.landed().map(LandedMessage.init)
                #expect(messages.map(\.subject) == ["Lost", "page /later", "page /latest"])
            }
        }
    }

    @Test("A collector that is busy is given the time that it asks for; what it refuses for good is dropped")
    func faults() async throws {
        try await Visit.running { visit in
            let busy = PageServer.Fault(status: .serviceUnavailable, retryAfter: "4")
            visit.pages.fail([
                busy, .init(status: .tooManyRequests, retryAfter: nil), .init(status: .badRequest, retryAfter: nil),
            ])
            visit.pages.set(head: visit.script("data-auto=false data-host='\(visit.site)'"))
            let tab = try await visit.browser.tab(
                before: "window.warnings = []; console.warn = (text) => warnings.push(text)"
            )
            try await tab.open(visit.site + "/")
            try await tab.run("millrace.track('A'); millrace.flush()")
            // Neither a call nor another page makes it hurry.
            try await tab.run("millrace.flush()")
            try await tab.open(visit.site + "/")
            try await eventually("the third try") { visit.pages.attempts.count >= 3 }
            try await tab.wait("\(Visit.queued) === 0 && warnings.length === 1")
            try await tab.run("millrace.track('B'); millrace.flush()")
            let attempts = visit.pages.attempts
            #expect(attempts.count == 4)
            #expect(
                attempts[1].time - attempts[0].time > .seconds(3.9)
                    && attempts[2].time - attempts[1].time > .seconds(0.9)
            )
            #expect(attempts.map { $0.body.contains(#""event":"A""#) } == [true, true, true, false])
            let identifiers = attempts[..<3].compactMap { $0.body.firstMatch(of: /"messageId":"[^"]*"/)?.output }
            #expect(identifiers.count == 3 && Set(identifiers).count == 1)
        }
    }

    @Test("A queue that nobody takes keeps the latest events and counts the others")
    func bounded() async throws {
        try await Visit.running { visit in
            visit.pages.fail([.init(status: .serviceUnavailable, retryAfter: "3")])
            visit.pages.set(head: visit.script("data-auto=false data-host='\(visit.site)'"))
            let tab = try await visit.browser.tab()
            try await tab.open(visit.site + "/")
            try await tab.run("millrace.track('First'); millrace.flush()")
            try await tab.run("for (let n = 0; n < 520; n++) millrace.track('n', {n})")
            #expect(try await tab.run(Visit.queued) == "500")
            try await tab.run("for (let n = 0; n < 30; n++) millrace.track('large', {text: 'ä'.repeat(15000)})")
            #expect(Int(try await tab.run("Object.values({...localStorage}).join('').length")) ?? 0 < 402_000)
            try await tab.run("millrace.track('too large', {text: 'ä'.repeat(16000)}); millrace.track('Last')")
            try await tab.wait("\(Visit.queued) === 0")
            let bodies = visit.pages.attempts.dropFirst().map(\.body)
            #expect(
                bodies.allSatisfy { $0.utf8.count < 60_300 }
                    && bodies.allSatisfy { $0.count(of: #""messageId""#) <= 100 }
            )
            let all = bodies.joined()
            #expect(
                all.contains(#""event":"Last""#) && !all.contains("too large") && !all.contains(#""event":"First""#)
            )
            let dropped = try #require(all.matches(of: /"dropped":([0-9]+)/).last.flatMap { Int($0.output.1) })
            let sent = Set(all.matches(of: /"messageId":"([^"]*)"/).map { String($0.output.1) })
            #expect(dropped + sent.count == 552)
        }
    }

    @Test("Where the browser's storage is blocked or full, events are sent all the same", arguments: [true, false])
    func noStorage(isBlocked: Bool) async throws {
        try await Visit.running { visit in
            // In a sandbox every use of localStorage throws.
            if isBlocked {
                visit.pages.set(head: visit.script(""), headers: [.contentSecurityPolicy: "sandbox allow-scripts"])
            }
            let full =
                "for (let size = 2 ** 22; size >= 1; size /= 2) try { localStorage['x' + size] = 'x'.repeat(size) } catch {}"
            let tab = try await visit.browser.tab(before: full)
            try await tab.open(visit.site + "/")
            try await tab.run("millrace.identify('ann'); millrace.track('A'); millrace.flush()")
            let messages = try await visit.landed(3)
            #expect(messages.map { $0["type"] + $0["userId"] } == ["page", "identifyann", "trackann"])
            #expect(Set(messages.map { $0["anonymousId"] }).count == 1)
            try await tab.run("millrace.track('B')")
            try await tab.open(visit.site + "/")
            try await tab.run("millrace.flush()")
            #expect(try await visit.landed(5).map(\.subject).suffix(2) == ["B", "page /"])
        }
    }

    @Test("Tabs share one queue: nothing is lost, and nothing sent twice")
    func tabs() async throws {
        try await Visit.running { visit in
            visit.pages.set(head: visit.script("data-auto=false"))
            let one = try await visit.browser.tab()
            let other = try await visit.browser.tab()
            try await one.open(visit.site + "/one")
            try await one.run("millrace.track('First')")
            try await other.open(visit.site + "/other")
            let busy =
                "(async () => { for (let n = 0; n < 100; n++) { millrace.track('n', {n}); if (n % 10 === 0) await millrace.flush() } })()"
            async let sent = one.run(busy)
            async let sentToo = other.run(busy)
            _ = try await (sent, sentToo)
            // What is left of a tab that closes is another one's.
            try await one.run("millrace.track('Closing')")
            try await one.close()
            try await other.wait("\(Visit.queued) === 0")
            let messages = try await visit.landed(202)
            #expect(messages.count == 202 && Set(messages.map { $0["messageId"] }).count == 202)
            #expect(messages.count { $0["context.page.path"] == "/one" } == 102)
            #expect(Set(messages.map { $0["anonymousId"] }).count == 1)
        }
    }
}

extension String {
    fileprivate func count(of text: String) -> Int { ranges(of: text).count }
}
