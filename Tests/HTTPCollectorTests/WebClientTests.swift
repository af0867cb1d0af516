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

@Suite("The script that the collector serves")
struct WebClientScriptTests {
    @Test("It has less than 4 KB, is cached and compressed as browsers ask for it")
    func served() async throws {
        let client = try await WebClient(coding: GzipCoding(level: 9))
        #expect(client.compressed.count < 4096)
        try await RunningCollector().serving { address in
            let script = address + "/millrace.js"
            let whole = try await send("GET", script)
            #expect(whole.status == 200 && whole.body == String(decoding: client.script, as: UTF8.self))
            #expect(whole.response.value(forHTTPHeaderField: "Content-Type") == "text/javascript; charset=utf-8")
            let tag = try #require(whole.response.value(forHTTPHeaderField: "ETag"))
            #expect(try await send("GET", script, [], ["If-None-Match": tag]).status == 304)
            let head = try await send("HEAD", script, [], ["Accept-Encoding": "identity"])
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.response.value(forHTTPHeaderField: "Content-Length") == "\(client.script.count)")
            let compressed = try await send("HEAD", script, [], ["Accept-Encoding": "br, gzip"])
            #expect(compressed.response.value(forHTTPHeaderField: "Content-Encoding") == "gzip")
            let plain = try await send("HEAD", script, [], ["Accept-Encoding": "gzip;q=0"])
            #expect(plain.response.value(forHTTPHeaderField: "Content-Encoding") == nil)
            #expect(try await send("POST", script).status == 405)
            let page = try await send("GET", script, [], ["Origin": "https://shop.example"])
            #expect(
                page.response.value(forHTTPHeaderField: "Access-Control-Expose-Headers")
                    == "Retry-After, X-RateLimit-Reset"
            )
            let varies = page.response.value(forHTTPHeaderField: "Vary") ?? ""
            #expect(varies.contains("Accept-Encoding") && varies.contains("Origin"))
        }
    }

    @Test("Only lines go that are no program")
    func stripped() {
        let source = "// why\n\n  let a = \"// no comment\"; // a comment\n    // another\n  b();\n"
        #expect(WebClient.stripped(Array(source.utf8)) == Array("let a = \"// no comment\"; // a comment\nb();\n".utf8))
        // What could span lines: these the script must do without.
        let script = String(decoding: WebClient.stripped(PackageResources.millrace_js), as: UTF8.self)
        #expect(!script.contains("`") && !script.contains("/*") && !script.contains("\\\n"))
    }
}

@Suite(
    "The web page's client in Chromium",
    .serialized,
    .enabled(if: Chromium.path != nil, "there is no `chromium` on the PATH; Tools/install --tests installs it")
)
struct WebClientTests {
    private let queued = "Object.keys(localStorage).filter((key) => key.startsWith('millrace.queued')).length"

    @Test("A page and the routes after it are views, each with the address that its reader came from")
    func pageViews() async throws {
        try await Visit.running { visit in
            let tab = try await visit.browser.tab()
            try await tab.open(visit.site + "/shop?utm_source=news&utm_campaign=autumn#top")
            try await tab.run("history.replaceState({}, '', '#elsewhere')")
            try await tab.run(
                "history.pushState({}, '', '/redirecting'); history.replaceState({}, '', '/cart'); document.title = 'Cart'"
            )
            try await tab.run("new Promise((done) => setTimeout(done, 300))")
            try await tab.run("history.pushState({}, '', '/cart?step=2'); millrace.track('Paid')")
            try await tab.run("history.go(-2)")
            let messages = try await visit.landed(5)
            #expect(messages.map(\.subject) == ["page /shop", "page /cart", "page /cart", "Paid", "page /shop"])
            #expect(messages.map { $0["context.page.search"] }[2] == "?step=2")
            let shop = visit.site + "/shop?utm_source=news&utm_campaign=autumn"
            #expect(
                messages.map { $0["context.page.referrer"] } == [
                    "", shop, "\(visit.site)/cart", "\(visit.site)/cart", "\(visit.site)/cart?step=2",
                ]
            )
            let first = messages[0]
            #expect(first["context.campaign.source"] == "news" && first["context.campaign.name"] == "autumn")
            #expect(first["context.page.url"] == shop && first["properties.url"] == shop)
            #expect(first["context.page.title"] == "Page /shop" && messages[1]["context.page.title"] == "Cart")
            #expect(first["context.library.name"] == "millrace.js" && first["source"] == "web")
            #expect(
                !first["context.timezone"].isEmpty && !first["context.locale"].isEmpty
                    && !first["context.userAgent"].isEmpty
            )
            #expect(Int(first["context.screen.width"]) ?? 0 > 0)
            #expect(!first["sentAt"].isEmpty && !first["originalTimestamp"].isEmpty)
            #expect(
                Set(messages.map { $0["anonymousId"] }).count == 1 && Set(messages.map { $0["messageId"] }).count == 5
            )
        }
    }

    @Test("Fragments are views where the option says so; without automatic views, only calls are sent")
    func options() async throws {
        try await Visit.running { visit in
            visit.pages.set(head: visit.script("data-hash=true"))
            let tab = try await visit.browser.tab()
            try await tab.open(visit.site + "/#/one")
            try await tab.run("location.hash = '/two'")
            #expect(try await visit.landed(2).map { $0["context.page.path"] } == ["/#/one", "/#/two"])
            visit.pages.set(
                head:
                    "<script>window.millrace = window.millrace || []; millrace.push(['track', 'Early', {n: 1}])</script>"
                    + visit.script("data-auto=false")
            )
            try await tab.open(visit.site + "/quiet")
            try await tab.run(
                "history.pushState({}, '', '/other'); millrace.page('Named', {n: 2}); millrace.push(['page', {n: 3}])"
            )
            let messages = try await visit.landed(5).dropFirst(2)
            #expect(messages.map { $0["event"] + $0["name"] + $0["properties.n"] } == ["Early1", "Named2", "3"])
        }
    }

    @Test("A click that leaves the page at once is counted, and once")
    func leaving() async throws {
        try await Visit.running { visit in
            let tab = try await visit.browser.tab()
            try await tab.open(visit.site + "/")
            // The next page has no script that could send what it finds.
            visit.pages.set(head: "")
            try await tab.run("out.onclick = () => millrace.track('Left'); out.click()")
            try await tab.wait("location.pathname === '/next'")
            _ = try await visit.landed(2)
            visit.pages.set(head: visit.script(""))
            try await tab.run("location.href = '/last'")
            try await tab.wait("location.pathname === '/last' && window.millrace")
            try await tab.run("millrace.flush()")
            let messages = try await visit.landed(3)
            #expect(messages.map(\.subject) == ["page /", "Left", "page /last"])
            #expect(messages[2]["context.page.referrer"] == visit.site + "/next")
            #expect(
                try await tab.run("Object.keys(localStorage).filter((key) => /queued|beaconed/.test(key)).length")
                    == "0"
            )
        }
    }

    @Test("Events carry who is known, until a reset makes somebody new")
    func identities() async throws {
        try await Visit.running { visit in
            let tab = try await visit.browser.tab()
            try await tab.open(visit.site + "/")
            try await tab.run(
                "millrace.identify('ann', {plan: 'pro'}); millrace.group('acme', {seats: 5}); millrace.track('A')"
            )
            try await tab.open(visit.site + "/")
            try await tab.run(
                "millrace.alias('anna'); millrace.identify({plan: 'free'}); millrace.reset(); millrace.track('B'); millrace.flush()"
            )
            let messages = try await visit.landed(8)
            #expect(
                messages.map { $0["type"] } == [
                    "page", "identify", "group", "track", "page", "alias", "identify", "track",
                ]
            )
            #expect(messages.map { $0["userId"] } == ["", "ann", "ann", "ann", "ann", "anna", "anna", ""])
            #expect(messages[1]["traits.plan"] == "pro" && messages[6]["traits.plan"] == "free")
            #expect(messages[2]["groupId"] == "acme" && messages[2]["traits.seats"] == "5")
            #expect(messages[5]["previousId"] == "ann")
            let anonymous = messages.map { $0["anonymousId"] }
            #expect(Set(anonymous[..<7]).count == 1 && anonymous[7] != anonymous[0] && anonymous[7].count == 36)
        }
    }

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
                #expect(try await tab.run(queued) == "2")
                try await tab.open(site + "/latest")
                #expect(try await tab.run(queued) == "3")
                let port = try #require(URL(string: address)?.port)
                let second = try RunningCollector(port: port)
                try await second.serving { _ in try await tab.wait("\(queued) === 0") }
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
            try await tab.wait("\(queued) === 0 && warnings.length === 1")
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
            #expect(try await tab.run(queued) == "500")
            try await tab.run("for (let n = 0; n < 30; n++) millrace.track('large', {text: 'ä'.repeat(15000)})")
            #expect(Int(try await tab.run("Object.values({...localStorage}).join('').length")) ?? 0 < 402_000)
            try await tab.run("millrace.track('too large', {text: 'ä'.repeat(16000)}); millrace.track('Last')")
            try await tab.wait("\(queued) === 0")
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

    @Test("Without consent nothing is stored or sent; with it, what was held is sent; withdrawn, everything goes")
    func consent() async throws {
        try await Visit.running { visit in
            visit.pages.set(head: visit.script("data-consent=required"))
            let tab = try await visit.browser.tab()
            try await tab.open(visit.site + "/")
            try await tab.run("millrace.identify('ann'); millrace.reset(); millrace.track('Held')")
            try await tab.run("millrace.track('No JSON', {n: 1n})")
            try await visit.nothingLands(tab)
            #expect(try await tab.run("localStorage.length") == "0")
            try await tab.run("millrace.consent(true); millrace.flush()")
            #expect(try await visit.landed(3).map { $0["type"] + $0["userId"] } == ["page", "identifyann", "track"])
            try await tab.open(visit.site + "/remembered")
            try await tab.run("millrace.flush()")
            _ = try await visit.landed(4)
            try await tab.run("millrace.track('No more'); millrace.consent(false); millrace.track('Nor this')")
            #expect(try await tab.run("localStorage.length") == "0")
            try await tab.open(visit.site + "/forgotten")
            #expect(try await tab.run("localStorage.length") == "0")
            // Where consent is not required, a refusal holds for the pages after it.
            visit.pages.set(head: visit.script(""))
            try await tab.open(visit.site + "/counted")
            try await tab.run("millrace.flush()")
            _ = try await visit.landed(5)
            try await tab.run("millrace.consent(false)")
            try await tab.open(visit.site + "/refused")
            #expect(try await tab.run("Object.entries(localStorage).join()") == "millrace.consent,0")
            try await tab.run("millrace.consent(true); millrace.track('Again'); millrace.flush()")
            let messages = try await visit.landed(6)
            #expect(messages.map(\.subject).suffix(3) == ["page /remembered", "page /counted", "Again"])
            #expect(messages[5]["anonymousId"] != messages[4]["anonymousId"])
        }
    }

    @Test("Who asks not to be tracked is not", arguments: ["doNotTrack: '1'", "globalPrivacyControl: true"])
    func doNotTrack(signal: String) async throws {
        try await Visit.running { visit in
            let signals =
                "for (const [name, value] of Object.entries({\(signal)})) Object.defineProperty(navigator, name, {value})"
            let tab = try await visit.browser.tab(before: signals)
            try await tab.open(visit.site + "/")
            try await tab.run("millrace.track('A'); millrace.consent(true); millrace.identify('ann'); millrace.flush()")
            try await visit.nothingLands(tab)
            #expect(try await tab.run("localStorage.length") == "0")
            visit.pages.set(head: visit.script("data-respect-dnt=false"))
            try await tab.open(visit.site + "/anyway")
            #expect(try await visit.landed(1).map(\.subject) == ["page /anyway"])
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

    @Test("A page by plain http has identifiers too")
    func plainHTTP() async throws {
        try await Visit.running { visit in
            let tab = try await visit.browser.tab()
            try await tab.open(visit.site.replacing("127.0.0.1", with: "shop.test") + "/")
            #expect(try await tab.run("[isSecureContext, crypto.randomUUID, navigator.locks].join()") == "false,,")
            try await tab.run("millrace.flush()")
            let message = try await visit.landed(1)[0]
            let form = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
            #expect(
                message["messageId"].wholeMatch(of: form) != nil && message["anonymousId"].wholeMatch(of: form) != nil
            )
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
            try await other.wait("\(queued) === 0")
            let messages = try await visit.landed(202)
            #expect(messages.count == 202 && Set(messages.map { $0["messageId"] }).count == 202)
            #expect(messages.count { $0["context.page.path"] == "/one" } == 102)
            #expect(Set(messages.map { $0["anonymousId"] }).count == 1)
        }
    }

    @Test("A page that comes back from the browser's cache is viewed again; one that is prerendered, when it is shown")
    func lives() async throws {
        try await Visit.running { visit in
            let tab = try await visit.browser.tab()
            try await tab.open(visit.site + "/kept")
            try await tab.run("window.isKept = true")
            try await tab.open(visit.site + "/second")
            try await tab.run("history.back()")
            try await tab.wait("window.isKept && location.pathname === '/kept'")
            try await tab.run("millrace.flush()")
            #expect(try await visit.landed(3).map(\.subject) == ["page /kept", "page /second", "page /kept"])
            // A prerendered page as its scripts see it.
            let prerendered =
                "window.isHidden = true; Object.defineProperty(document, 'prerendering', {get: () => isHidden})"
            let ahead = try await visit.browser.tab(before: prerendered)
            try await ahead.open(visit.site + "/ahead")
            try await ahead.run("millrace.track('Ahead'); new Promise((done) => setTimeout(done, 4000))")
            #expect(try await visit.collector.landed().count == 3)
            try await ahead.run(
                "isHidden = false; document.dispatchEvent(new Event('prerenderingchange')); millrace.flush()"
            )
            #expect(try await visit.landed(5).map(\.subject).suffix(2) == ["page /ahead", "Ahead"])
        }
    }
}

extension String {
    fileprivate func count(of text: String) -> Int { ranges(of: text).count }
}
