import Testing
import Yams

@testable import UserAgentsPlugin

/// uap-core's own test files, as its package installs them.
@Suite("uap-core's tests", .enabled(if: Corpus.isInstalled, "Debian's package uap-core is not installed"))
struct UAPCorpusTests {
    @Test(
        "Every browser of the corpus is read as uap-core says",
        arguments: [
            ("tests/test_ua.yaml", 1_425), ("test_resources/firefox_user_agent_strings.yaml", 243),
            ("test_resources/opera_mini_user_agent_strings.yaml", 203),
            ("test_resources/podcasting_user_agent_strings.yaml", 144),
            ("test_resources/pgts_browser_list.yaml", 12_500),
        ]
    )
    func browsers(file: String, count: Int) throws {
        try check(file, count: count) { found, expected in
            [found.userAgent.family ?? "Other"] + found.userAgent.version(3) == [expected["family"] ?? nil]
                + ["major", "minor", "patch"].map { expected[$0] ?? nil }
        }
    }

    @Test(
        "Every system of the corpus is read as uap-core says",
        arguments: [("tests/test_os.yaml", 456), ("test_resources/additional_os_tests.yaml", 23)]
    )
    func systems(file: String, count: Int) throws {
        try check(file, count: count) { found, expected in
            [found.system.family ?? "Other"] + found.system.version(4) == [expected["family"] ?? nil]
                + ["major", "minor", "patch", "patch_minor"].map { expected[$0] ?? nil }
        }
    }

    @Test("Every device of the corpus is read as uap-core says", arguments: [("tests/test_device.yaml", 16_111)])
    func devices(file: String, count: Int) throws {
        try check(file, count: count) { found, expected in
            [found.device.family ?? "Other", found.device.brand, found.device.model]
                == ["family", "brand", "model"].map { expected[$0] ?? nil }
        }
    }

    private func check(
        _ file: String,
        count: Int,
        _ isRight: (UAPResult, [String: String?]) -> Bool
    ) throws {
        let cases = try Corpus.cases(of: file)
        #expect(cases.count == count)
        let rules = try UAPRules(RuleFile(path: Corpus.rulesPath))
        let room = try MatchRoom()
        var misses: [String] = []
        for expected in cases {
            let header = expected["user_agent_string"].flatMap { $0 } ?? ""
            let found = rules.result(for: Array(header.utf8), in: room)
            if !isRight(found, expected) { misses.append("\(header)\n  expected \(expected)\n  found \(found)") }
        }
        #expect(misses.isEmpty, "\(misses.count) of \(count):\n\(misses.prefix(20).joined(separator: "\n"))")
    }
}

extension UAPResult.Product {
    /// The first parts of the version, nil where there is none.
    fileprivate func version(_ count: Int) -> [String?] {
        (0..<count).map { $0 < versions.count ? versions[$0] : nil }
    }
}
