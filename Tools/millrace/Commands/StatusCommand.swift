import ArgumentParser
import PipelineCore
import PipelineRuntime

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what a run would do now, and how the last one ended.",
        discussion: """
            EXAMPLES
              millrace status -c shop.yaml
              millrace status -c shop.yaml --json
            """
    )

    @OptionGroup var config: ConfigOption
    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let pipeline = try config.pipeline()
        let status = try await pipeline.status(workspace: try Composition.temporaryWorkspace())
        if json { return try printJSON(status) }
        var table = TextTable(["part", "name", "pending"])
        for part in status.parts { table.add([part.kind, part.name, part.pending ?? "up to date"]) }
        print(table.text)
        if let last = try RunHistory(stateDirectory: pipeline.stateDirectory).runs(limit: 1).first {
            print("\nLast run \(last.run): \(last.outcome.rawValue), \(last.seconds) s.")
        } else {
            print("\nNo run yet.")
        }
    }
}
