import ArgumentParser
import PipelineCore
import PipelineRuntime

#if canImport(Glibc)
import Glibc
#endif

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Take what is new, compute what is out of date, deliver what has changed.",
        discussion: """
            A run that finds nothing new does nothing. A run that was stopped, even by force, is \
            completed by the next one.

            EXAMPLES
              millrace run                      everything that is pending
              millrace run revenue              one job or export, with what it needs
              millrace run --full               read, compute and deliver all of it again
              millrace run -c shop.yaml --json  another config; the report as JSON
            """
    )

    @OptionGroup var config: ConfigOption
    @Argument(help: "Sources, jobs or exports to run, with what they need; all if none is named.")
    var names: [String] = []
    @Flag(help: "Read all that was landed again, compute and deliver it, even if it is up to date.")
    var full = false
    @Flag(help: "Print the report as one JSON object.")
    var json = false

    func run() async throws {
        let pipeline = try config.pipeline()
        let width = pipeline.names.map(\.count).max() ?? 0
        let report = try await pipeline.run(
            PipelineRun.Options(targets: names, isFull: full),
            makeWorkspace: Composition.workspace,
            progress: TerminalProgress.standard(isQuiet: json)
        ) { [json] part in
            if !json { writeAll(part.line(width: width) + "\n", to: STDOUT_FILENO) }
        }
        if json { try printJSON(report) } else { print(report.ending) }
        switch report.outcome {
        case .failed: throw ExitCode(1)
        case .checkFailed: throw ExitCode(3)
        default: break
        }
    }
}
