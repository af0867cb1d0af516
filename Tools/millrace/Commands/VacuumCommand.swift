import ArgumentParser
import PipelineCore
import PipelineRuntime

struct VacuumCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vacuum",
        abstract: "Remove files that no recent version of a table refers to.",
        discussion: """
            A run does this by itself with a grace of seven days: so long can an old version of a table \
            be read.

            EXAMPLES
              millrace vacuum
              millrace vacuum --grace-hours 24
              millrace vacuum --json
            """
    )

    @OptionGroup var config: ConfigOption
    @Option(parsing: .unconditional, help: "How long files of older versions stay.")
    var graceHours = 168
    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Report: Encodable {
        let files: Int
        let bytes: Int64
    }

    func validate() throws {
        if graceHours < 1 {
            throw ValidationError("--grace-hours must be at least 1: a query that is going on needs its files.")
        }
        if graceHours > 87_600 { throw ValidationError("--grace-hours must be at most 87600, which is ten years.") }
    }

    func run() async throws {
        let removed = try await config.pipeline().vacuum(grace: .seconds(graceHours * 3600))
        if json { return try printJSON(Report(files: removed.files, bytes: removed.bytes)) }
        print("\(counted(removed.files, "file")) removed, \(size(removed.bytes)).")
    }
}
