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
              millrace check --schema > millrace.schema.json  the JSON Schema, for editors
            """
    )

    @OptionGroup var config: ConfigOption
    @Flag(help: "Also try the engine, the lake, every source, job and export.")
    var connect = false
    @Flag(help: "Print the JSON Schema of the config file instead.")
    var schema = false

    func run() async throws {
        if schema { return print(Composition.catalog.jsonSchema, terminator: "") }
        let file = try config.file()
        let issues = file.issues(with: Composition.parsers)
        if !issues.isEmpty { throw InvalidConfiguration(file: config.config, issues: issues) }
        if connect {
            let problems = try await config.pipeline().probe().compactMap { probe in
                probe.problem.map { "\(config.config): \(probe.part): \($0)" }
            }
            for problem in problems { standardError(problem) }
            if !problems.isEmpty { throw ExitCode(1) }
        }
        let counts = [
            counted(file.sources.count, "source"), counted(file.jobs.count, "job"),
            counted(file.exports.count, "export"),
        ]
        print("\(config.config): ok, \(counts.joined(separator: ", "))")
    }
}
