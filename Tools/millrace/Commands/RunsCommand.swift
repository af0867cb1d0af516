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
              millrace runs
              millrace runs 20261121T073117-4f2a
              millrace runs --limit 5 --json
            """
    )

    @OptionGroup var config: ConfigOption
    @Argument(help: "The run to show.")
    var run: String?
    @Option(parsing: .unconditional, help: "How many to list.")
    var limit = 20
    @Flag(help: "Print one JSON object a line.")
    var json = false

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1.") }
    }

    func run() async throws {
        let file = try config.file()
        let history = try RunHistory(reading: file.context.stateDirectory)
        let runs = try history?.runs(limit: run == nil ? limit : Int(Int32.max)) ?? []
        if let run {
            guard let found = runs.first(where: { $0.run == run }) else {
                throw PipelineError(
                    .invalidConfiguration,
                    "there is no run '\(run)'",
                    while: "looking it up",
                    hint: "`millrace runs` lists them"
                )
            }
            return json ? try printJSON(found) : print(found.text)
        }
        if json { return try runs.forEach { try printJSON($0) } }
        printList(runs)
        // What a collector found is in no run's report.
        let logs = (try? await Composition.receiverLogs(file.context.stateDirectory)) ?? []  // The doctor says why.
        for warning in file.warnings(about: logs) {
            print("\nWarning: \(warning).")
        }
    }

    private func printList(_ runs: [RunReport]) {
        if runs.isEmpty { return print("No run yet.") }
        var table = TextTable(["run", "started", "outcome", "took", "rows in", "rejected"])
        for run in runs {
            table.add([
                run.run, shortMoment(run.startedAt), run.outcome.rawValue, duration(run.seconds),
                grouped(run.sources.reduce(0) { $0 + $1.rows }), grouped(run.sources.reduce(0) { $0 + $1.rejected }),
            ])
        }
        print(table.text)
    }
}
