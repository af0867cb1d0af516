import PipelineCore
import Testing

@testable import Processing

@Suite("Checks and funnels in the config")
struct DataCheckConfigurationTests {
    @Test("A check or a funnel that could say nothing is refused where it stands")
    func refused() {
        #expect(issues("not_null", []) == ["check.not_null: this is not a list of one or more"])
        #expect(issues("unique", []) == ["check.unique: this is not a list of one or more"])
        #expect(issues("unique", ["day"]) == [])
        #expect(
            issues("row_count", ["min": "5", "max": "1"]) == ["check.row_count.min: it is above 'max'"]
        )
        #expect(issues("row_count", ["min": "1", "max": "1"]) == [])
        #expect(issues("row_count", [:]) == ["check.row_count: it needs 'min' or 'max'"])
        #expect(issues("range", ["column": "a", "min": "0.5", "max": "0"]) == ["check.range.min: it is above 'max'"])
    }

    private let mark = ConfigurationMark(line: 1, column: 1)

    private func issues(_ key: String, _ words: [String]) -> [String] {
        check(key, .list(words.map(scalar)))
    }

    private func issues(_ key: String, _ entries: KeyValuePairs<String, String>) -> [String] {
        check(key, .map(entries.map { ConfigurationNode.Entry(key: $0.key, keyMark: mark, value: scalar($0.value)) }))
    }

    private func scalar(_ text: String) -> ConfigurationNode {
        ConfigurationNode(.scalar(text, isQuoted: false, isReference: false), at: mark)
    }

    private func check(_ key: String, _ value: ConfigurationNode.Value) -> [String] {
        let issues = ConfigurationIssues()
        let entry = ConfigurationNode.Entry(key: key, keyMark: mark, value: ConfigurationNode(value, at: mark))
        _ = ConfigurationType<DataCheck>.check.parse(ConfigurationNode(.map([entry]), at: mark), "check", issues)
        return issues.all.map { "\($0.path): \($0.problem)" }
    }
}
