import ArgumentParser
import PipelineConfig
import PipelineCore
import PipelineRuntime

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the config file, all of it at once, without touching anything.",
        discussion: """
            EXAMPLES
              millrace check -c shop.yaml
              millrace check -c shop.yaml --connect     also try the engine, every source and every sink
              millrace check --schema > shop.schema.json     the JSON Schema, for editors
            """
    )

    @OptionGroup var config: ConfigOption
    @Flag(help: "Also try the engine, every source and every sink.")
    var connect = false
    @Flag(help: "Print the JSON Schema of the config file instead.")
    var schema = false

    func run() async throws {
        if schema { return print(Composition.catalog.jsonSchema, terminator: "") }
        let file = try config.file()
        if connect {
            let problems = await (try config.pipeline()).probe()
            for problem in problems { standardError("\(config.config): \(problem.part): \(problem.problem)") }
            if !problems.isEmpty { throw ExitCode(1) }
        }
        let counts = [(file.sources.count, "source"), (file.jobs.count, "job"), (file.exports.count, "export")]
        let words = counts.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
        print("\(config.config): ok, \(words.joined(separator: ", "))")
    }
}
