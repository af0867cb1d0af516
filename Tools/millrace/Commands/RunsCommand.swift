import ArgumentParser
import PipelineConfig
import PipelineCore
import PipelineRuntime

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List the latest runs, or show one.",
        discussion: """
            EXAMPLES
              millrace runs -c shop.yaml
              millrace runs -c shop.yaml 20261121T073117-4f2a
            """
    )

    @OptionGroup var config: ConfigOption
    @Argument(help: "The run to show.")
    var run: String?
    @Option(help: "How many to list.")
    var limit = 20
    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() async throws {
        let history = try RunHistory(stateDirectory: try config.file().context.stateDirectory)
        let runs = try history.runs(limit: run == nil ? limit : Int(Int32.max))
        if let run {
            guard let found = runs.first(where: { $0.run == run }) else {
                throw PipelineError(
                    .notFound,
                    "there is no run '\(run)'",
                    while: "looking it up",
                    hint: "`millrace runs` lists them"
                )
            }
            return json ? try printJSON(found) : print(found.text)
        }
        if json { return try runs.forEach { try printJSON($0) } }
        var table = TextTable(["run", "started", "outcome", "seconds", "rows in", "rejected"])
        for run in runs {
            let rows = run.sources.reduce(0) { $0 + $1.rows }
            let rejected = run.sources.reduce(0) { $0 + $1.rejected }
            table.add([
                run.run, String(run.startedAt.prefix(19)) + "Z", run.outcome.rawValue, "\(run.seconds)", grouped(rows),
                grouped(rejected),
            ])
        }
        print(table.text)
    }
}
