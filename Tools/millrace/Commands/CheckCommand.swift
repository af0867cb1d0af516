import ArgumentParser
import PipelineConfig
import PipelineCore
import PipelineRuntime

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find every mistake in the config file, without touching anything.",
        discussion: """
            Each mistake is one line: file:line:column: path: what is wrong (what would be right).

            EXAMPLES
              millrace check
              millrace check -c shop.yaml --connect           also try all that it names
              millrace check --json                           for editors and scripts
              millrace check --schema > millrace.schema.json  the JSON Schema, for editors
            """
    )

    @OptionGroup var config: ConfigOption
    @Flag(help: "Also try the engine, the lake, every source, job and export.")
    var connect = false
    @Flag(help: "Print the JSON Schema of the config file instead.")
    var schema = false
    @Flag(help: "Print one JSON object, of a wrong config too.")
    var json = false

    fileprivate struct Report: Encodable {
        struct Issue: Encodable {
            let path: String
            let problem: String
            let hint: String?
            let line: Int?
            let column: Int?
        }
        let config: String
        var issues: [Issue] = []
        var sources: Int?
        var jobs: Int?
        var exports: Int?
        var warnings: [String]?
        var probes: [Pipeline.Probe]?
    }

    func run() async throws {
        if schema { return print(Composition.catalog.jsonSchema, terminator: "") }
        do {
            let file = try checked()
            // Whoever may not look at the logs can still check the file.
            let logs = (try? await Composition.receiverLogs(file.context.stateDirectory)) ?? []
            let warnings = file.warnings(about: logs)
            let probes = connect ? try await config.pipeline().probe() : nil
            for warning in warnings where !json { standardError("\(config.config): warning: \(warning)") }
            json ? try printReport(of: file, warnings, probes) : printText(of: file, probes ?? [])
            if probes?.contains(where: { $0.problem != nil }) == true { throw ExitCode(1) }
        } catch let invalid as InvalidConfiguration where json {
            try printJSON(Report(config: invalid.file, issues: invalid.issues.map(Report.Issue.init)))
            throw ExitCode(2)
        }
    }

    private func checked() throws -> ConfigFile {
        let file = try config.file()
        let issues = file.issues(with: Composition.parsers)
        if !issues.isEmpty { throw InvalidConfiguration(file: config.config, issues: issues) }
        return file
    }

    private func printReport(of file: ConfigFile, _ warnings: [String], _ probes: [Pipeline.Probe]?) throws {
        let (sources, jobs, exports) = (file.sources.count, file.jobs.count, file.exports.count)
        try printJSON(
            Report(
                config: config.config,
                sources: sources,
                jobs: jobs,
                exports: exports,
                warnings: warnings,
                probes: probes
            )
        )
    }

    private func printText(of file: ConfigFile, _ probes: [Pipeline.Probe]) {
        let problems = probes.compactMap { probe in probe.problem.map { "\(config.config): \(probe.part): \($0)" } }
        for problem in problems { standardError(problem) }
        guard problems.isEmpty else { return }
        let counts = [
            counted(file.sources.count, "source"), counted(file.jobs.count, "job"),
            counted(file.exports.count, "export"),
        ]
        print("\(config.config): ok, \(counts.joined(separator: ", "))")
    }
}

extension CheckCommand.Report.Issue {
    fileprivate init(_ issue: ConfigurationIssue) {
        self.init(
            path: issue.path,
            problem: issue.problem,
            hint: issue.hint,
            line: issue.mark?.line,
            column: issue.mark?.column
        )
    }
}
