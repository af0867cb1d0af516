import ArgumentParser
import PipelineCore
import PipelineRuntime

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what a run would do now, and how the last one ended.",
        discussion: """
            EXAMPLES
              millrace status
              millrace status --json
            """
    )

    @OptionGroup var config: ConfigOption
    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let pipeline = try config.pipeline()
        let status = try await pipeline.status(workspace: try Composition.temporaryWorkspace())
        if json { try printJSON(status) } else { try printTable(status, stateDirectory: pipeline.stateDirectory) }
        if status.parts.contains(where: { $0.problem != nil }) { throw ExitCode(1) }
    }

    private func printTable(_ status: PipelineStatus, stateDirectory: String) throws {
        var table = TextTable(["part", "name", "a run would take"])
        for part in status.parts {
            let found = part.problem.map { "problem: \($0)" } ?? part.pending ?? "nothing: up to date"
            table.add([part.kind, part.name, found + (part.remark.map { "; \($0)" } ?? "")])
        }
        print(table.text)
        for warning in status.warnings { print("\nWarning: \(warning).") }
        if let last = try RunHistory(reading: stateDirectory)?.runs(limit: 1).first {
            print("\nLast run: \(last.run), \(last.outcome.rawValue) after \(duration(last.seconds)).")
        } else {
            print("\nNo run yet.")
        }
    }
}
