import PipelineCore
import Testing
import VisualizationExport

@Suite("The datasets of an export")
struct ExportSelectionTests {
    private let mark = ConfigurationMark(line: 1, column: 1)

    private func scalar(_ text: String) -> ConfigurationNode {
        ConfigurationNode(.scalar(text, isQuoted: false, isReference: false), at: mark)
    }

    private func read(_ value: ConfigurationNode?) -> (selection: ExportSelection, problems: [String]) {
        let entries = value.map { [ConfigurationNode.Entry(key: "datasets", keyMark: mark, value: $0)] } ?? []
        let issues = ConfigurationIssues()
        let block = ConfigurationBlock(ConfigurationNode(.map(entries), at: mark), path: "exports.bi", issues: issues)
        let selection = ExportSelection.read(from: block)
        block.finish()
        return (selection, issues.all.map { "\($0.path): \($0.problem)" })
    }

    @Test("`datasets:` is all or a list of names, and all where it is left out")
    func reading() {
        #expect(read(nil) == (.all, []))
        #expect(read(scalar("all")) == (.all, []))
        #expect(read(scalar("sessions")).problems == ["exports.bi.datasets: a single value where a list belongs"])
        let list = ConfigurationNode(.list([scalar("users"), scalar("sessions")]), at: mark)
        #expect(read(list) == (.named(["users", "sessions"]), []))
    }

    @Test(
        "What names no datasets is an issue at its place",
        arguments: [
            ([], "the list of datasets is empty"), (["users", "all"], "'all' stands in a list"),
            (["Users"], "'Users' is no name of a dataset"), (["a-b"], "'a-b' is no name of a dataset"),
            (["users", "users"], "'users' stands there twice"),
        ] as [([String], String)]
    )
    func problems(words: [String], problem: String) {
        let list = ConfigurationNode(.list(words.map(scalar)), at: mark)
        #expect(read(list).problems == ["exports.bi.datasets: \(problem)"])
        #expect(read(ConfigurationNode(.map([]), at: mark)).problems.count == 1)
    }

    @Test("All means what the jobs produce, in their order; a list stays as it is")
    func names() {
        let produced: [DatasetName] = ["events", "sessions", "events", "daily_revenue"]
        #expect(ExportSelection.all.names(outOf: produced) == ["events", "sessions", "daily_revenue"])
        #expect(ExportSelection.named(["orders", "events"]).names(outOf: produced) == ["orders", "events"])
    }
}

private func == (
    left: (selection: ExportSelection, problems: [String]),
    right: (ExportSelection, [String])
) -> Bool { left.selection == right.0 && left.problems == right.1 }
