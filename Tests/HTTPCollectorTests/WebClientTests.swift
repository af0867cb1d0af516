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
