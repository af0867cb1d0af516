import ArgumentParser
import DuckDBPlugin
import Foundation
import PipelineCore
import PipelineRuntime
import UserAgentsPlugin

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what could keep a pipeline from running on this machine.",
        discussion: """
            EXAMPLES
              millrace doctor
              millrace doctor -c shop.yaml
            """
    )

    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp(
            "A config file, to try its parts too. (default: millrace.yaml, if it is there)",
            valueName: "file"
        )
    )
    var config: String?

    func run() async throws {
        var checkup = Checkup()
        await checkup.note("user-agent rules") {
            "\(Composition.userAgentRules), version \(try UAPParser(rulesPath: Composition.userAgentRules).version)"
        }
        let isThere = FileManager.default.fileExists(atPath: ConfigOption.standard)
        if let path = config ?? (isThere ? ConfigOption.standard : nil) {
            var option = ConfigOption()
            option.config = path
            let pipeline = try option.pipeline()
            await checkup.note("config") { path }
            await checkup.note("state") {
                _ = try RunHistory(stateDirectory: pipeline.stateDirectory)
                return pipeline.stateDirectory
            }
            for probe in await pipeline.probe() {
                await checkup.note(probe.part) {
                    if let problem = probe.problem { throw Checkup.Problem(text: problem) }
                    return probe.remark ?? ""
                }
            }
        } else {
            await checkup.note("engine") {
                try await DuckDBEngine(DuckDBConfiguration(), temporaryDirectory: Composition.scratch).probe()
                return "DuckDB starts, and is of a version that we know"
            }
        }
        print(checkup.table.text)
        if !checkup.isWell { throw ExitCode(1) }
    }
}

/// What was looked at, and what came of it.
private struct Checkup {
    struct Problem: Error { let text: String }
    var isWell = true
    var table = TextTable(["part", "", "found"])

    mutating func note(_ part: String, _ body: () async throws -> String) async {
        do {
            table.add([part, "ok", try await body()])
        } catch {
            isWell = false
            let text = (error as? Problem)?.text ?? (error as? PipelineError)?.description ?? "\(error)"
            table.add([part, "problem", text])
        }
    }
}
