import Testing

@testable import UserAgentsPlugin

@Suite("The sieve before the expressions")
struct RuleIndexTests {
    @Test(
        "What an expression requires is read from it",
        arguments: [
            ("(HTC)[ _]One", ["htc", "one"]), ("Nokia(N9)", ["nokian9"]),
            ("^(iPad|iPhone); U", ["ipad|iphone", "; u"]),
            ("(?:Silk|KF)/", []), ("abc?def", ["def"]), ("Build(?: |/)+x\\.yz", ["build", "x.yz"]),
            ("(abcd){0,1}efgh", ["efgh"]),
            ("a{3}bcd", ["bcd"]), ("(Foo)+bar", ["foo", "bar"]), ("[abc\\]]xyz", ["xyz"]), ("\\bMOT\\b", ["mot"]),
            ("abc|def", ["abc|def"]), ("abc|d", []), ("a{b}c", ["a{b}c"]), ("foo\\d+bar", ["foo", "bar"]),
            ("café au lait", ["caf", " au lait"]), ("(?=abc)def", []), ("\\x41bcd", []), ("(?i)abc", []),
            ("(*UTF)abc", []),
        ]
    )
    func requirement(expression: String, sets: [String]) {
        let found = RequiredText(of: expression).sets.map { set in
            set.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|")
        }
        #expect(found == sets)
    }

    @Test(
        "The sieve hides no rule that matches",
        .enabled(if: Corpus.isInstalled, "Debian's package uap-core is not installed")
    )
    func completeness() throws {
        let file = try RuleFile(path: Corpus.rulesPath)
        let entries = file.userAgents + file.systems + file.devices
        let patterns = try entries.map { try Pattern($0.regex, ignoringCase: $0.ignoresCase) }
        let index = RuleIndex(entries.map { RequiredText(of: $0.regex) })
        let room = try MatchRoom()
        var tried = 0
        let headers = try Corpus.cases(of: "tests/test_device.yaml").compactMap { $0["user_agent_string"] ?? nil }
        let sample = stride(from: 0, to: headers.count, by: 40).map { Array(headers[$0].utf8) }
        for text in sample {
            var candidates = Set<Int>()
            index.firstCandidate(for: text) { candidates.insert($0).inserted && false }
            tried += candidates.count
            let matching = patterns.indices.filter { patterns[$0].matches(text, in: room) }
            #expect(candidates.isSuperset(of: matching), "\(String(decoding: text, as: UTF8.self))")
        }
        #expect(tried < sample.count * entries.count / 8)
    }
}
