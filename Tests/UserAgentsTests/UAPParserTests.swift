import Foundation
import PipelineCore
import Testing

@testable import UserAgentsPlugin

@Suite("User agents", .enabled(if: Corpus.isInstalled, "Debian's package uap-core is not installed"))
struct UAPParserTests {
    private static let shared = Result { try UAPParser(rulesPath: Corpus.rulesPath) }
    let parser: UAPParser
    init() throws { parser = try Self.shared.get() }

    @Test("A browser's header tells device, system and browser")
    func browser() throws {
        let header = """
            Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
            Version/17.4.1 Mobile/15E148 Safari/604.1
            """
        let expected = UserAgent(
            deviceCategory: "mobile",
            deviceBrand: "Apple",
            deviceModel: "iPhone",
            osName: "iOS",
            osVersion: "17.4.1",
            browserName: "Mobile Safari",
            browserVersion: "17.4.1"
        )
        #expect(try parser.parse(header) == expected)
    }

    @Test("A version holds the parts that are there")
    func versions() throws {
        let windows = try parser.parse(Headers.chromeOnWindows)
        #expect([windows.osName, windows.osVersion] == ["Windows", "10"])
        #expect([windows.browserName, windows.browserVersion] == ["Chrome", "126.0.0"])
        let linux = try parser.parse("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0")
        #expect([linux.osName, linux.osVersion] == ["Linux", nil])
        #expect([linux.browserName, linux.browserVersion] == ["Firefox", "127.0"])
    }

    @Test("Every header falls into its category", arguments: Headers.categories)
    func category(header: String, category: String?) throws {
        let found = try parser.parse(header)
        #expect(found.deviceCategory == category)
        #expect(found.isBot == (category == "bot"))
    }

    @Test("A header that says nothing gives nothing", arguments: ["", "-", " ", "Mozilla/5.0", "žluťoučký kůň 🐎"])
    func nothing(header: String) throws {
        #expect(try parser.parse(header) == UserAgent())
    }

    @Test("Placeholders of the rules are no brands and no models")
    func placeholders() throws {
        let unknown = try parser.parse(
            "Mozilla/5.0 (Linux; Android 14; ZX81-B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
        )
        #expect([unknown.deviceBrand, unknown.deviceModel] == [nil, "ZX81-B"])
        let reduced = try parser.parse(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
        )
        #expect([reduced.deviceBrand, reduced.deviceModel, reduced.deviceCategory] == [nil, nil, "mobile"])
        let bot = try parser.parse("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
        #expect([bot.deviceBrand, bot.deviceModel, bot.browserName] == [nil, nil, "Googlebot"])
    }

    @Test("A long or hostile header costs little and is answered", .timeLimit(.minutes(5)))
    func hostile() throws {
        let pieces = ["; HTC_", "Android 4.4; ", "bot", "(", "/1.0 ", "a", "Opera/", "é", "CFNetwork/", "; Build "]
        for piece in pieces {
            _ = try parser.parse(String(repeating: piece, count: 100_000 / piece.utf8.count))
        }
        for cut in 2_040...2_050 {
            _ = try parser.parse(String(repeating: "x", count: cut) + "🐎🐎🐎")
        }
    }

    @Test("Threads share one parser and get the answers that one thread gets")
    func threads() async throws {
        let headers = try Corpus.cases(of: "tests/test_os.yaml").compactMap { $0["user_agent_string"] ?? nil }
        let expected = try headers.map { try parser.parse($0) }
        try await withThrowingTaskGroup(of: [UserAgent].self) { [parser] group in
            for _ in 0..<8 { group.addTask { try headers.map { try parser.parse($0) } } }
            for try await found in group { #expect(found == expected) }
        }
    }

    @Test("The version follows the rule file's content")
    func version() throws {
        let copy = try RuleFileCopy(try String(contentsOfFile: Corpus.rulesPath, encoding: .utf8))
        #expect(try UAPParser(rulesPath: copy.path).version == parser.version)
        let changed = try RuleFileCopy(
            "# a comment\n" + (try String(contentsOfFile: Corpus.rulesPath, encoding: .utf8))
        )
        #expect(try UAPParser(rulesPath: changed.path).version != parser.version)
    }
}

@Suite("Rule files that are wrong")
struct RuleFileTests {
    @Test("A missing file is named, with what to do")
    func missing() throws {
        let error = try #require(throws: PipelineError.self) { try UAPParser(rulesPath: "/nowhere/regexes.yaml") }
        #expect(error.code == .notFound)
        #expect(error.description.contains("/nowhere/regexes.yaml") && error.description.contains("uap-core"))
    }

    @Test(
        "A file that is no rule file is named",
        arguments: [
            "", "just text", "[1, 2", "user_agent_parsers: []\nos_parsers: []\n",
            "user_agent_parsers: [{family_replacement: x}]\nos_parsers: []\ndevice_parsers: []\n",
        ]
    )
    func malformed(text: String) throws {
        let file = try RuleFileCopy(text)
        let error = try #require(throws: PipelineError.self) { try UAPParser(rulesPath: file.path) }
        #expect(error.code == .corruptData)
        #expect(error.description.contains(file.path))
    }

    @Test("An expression that is wrong is shown")
    func expression() throws {
        let file = try RuleFileCopy("user_agent_parsers: [{regex: 'a(b'}]\nos_parsers: []\ndevice_parsers: []\n")
        let error = try #require(throws: PipelineError.self) { try UAPParser(rulesPath: file.path) }
        #expect(error.code == .corruptData)
        #expect(error.description.contains("a(b") && error.description.contains("parenthesis"))
    }
}

/// A rule file in the temporary directory that goes with the value.
final class RuleFileCopy {
    let path = NSTemporaryDirectory() + "rules-\(UUID().uuidString).yaml"
    init(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }
    // A file left behind in the temporary directory harms nobody.
    deinit { try? FileManager.default.removeItem(atPath: path) }
}
