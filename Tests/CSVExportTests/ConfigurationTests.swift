import CSVExportPlugin
import PipelineCore
import Testing

@Suite("The config of a CSV export")
struct ConfigurationTests {
    private func problems(_ keys: [String: String]) -> [String] {
        let mark = ConfigurationMark(line: 1, column: 1)
        let entries = keys.sorted { $0.key < $1.key }.map { key, value in
            ConfigurationNode.Entry(
                key: key,
                keyMark: mark,
                value: ConfigurationNode(.scalar(value, isQuoted: false, isReference: false), at: mark)
            )
        }
        let issues = ConfigurationIssues()
        let block = ConfigurationBlock(ConfigurationNode(.map(entries), at: mark), path: "exports.x", issues: issues)
        _ = Connector<any Sink>.csv.configure(block)
        block.finish()
        return issues.all.map { "\($0.path): \($0.problem)" }
    }

    @Test("Every key is read, and wrong ones are told")
    func keys() {
        #expect(
            problems(["path": "out", "flavor": "data-studio", "escape_formulas": "true", "part_size": "50MB"]) == []
        )
        #expect(problems(["path": "out", "flavor": "tableau", "folder": "/mnt/bi"]) == [])
        #expect(problems([:]) == ["exports.x: 'path' is missing", "exports.x: 'flavor' is missing"])
        #expect(
            problems(["path": "out", "flavor": "excel"])
                == ["exports.x.flavor: 'excel' is not one of: data-studio, power-bi, tableau"]
        )
        #expect(
            problems(["path": "out", "flavor": "tableau", "part_size": "50MB"])
                == ["exports.x.part_size: only data-studio splits datasets"]
        )
        #expect(
            problems(["path": "out", "flavor": "data-studio", "part_size": "10KB"])
                == ["exports.x.part_size: '10KB' is not an amount of memory or disk of at least 1MB"]
        )
        #expect(
            problems(["path": "out", "flavor": "data-studio", "folder": "x"])
                == ["exports.x.folder: data-studio files are uploaded"]
        )
    }

    @Test("The keys describe themselves without a file")
    func description() {
        let block = ConfigurationBlock(describing: "exports.x")
        _ = Connector<any Sink>.csv.configure(block)
        #expect(block.declarations.map(\.key) == ["path", "flavor", "escape_formulas", "part_size", "folder"])
        #expect(block.issues.all.isEmpty)
    }
}
