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
              millrace doctor --json
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
    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Report: Encodable { let probes: [Pipeline.Probe] }

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
            checkup.probes += await pipeline.probe()
        } else {
            await checkup.note("engine") {
                // The engine sweeps its directory, where no workspace of another command may be.
                let directory = Composition.scratch + "/engine"
                try await DuckDBEngine(DuckDBConfiguration(), temporaryDirectory: directory).probe()
                return "DuckDB starts, and is of a version that we know"
            }
        }
        if json { try printJSON(Report(probes: checkup.probes)) } else { print(checkup.table.text) }
        if checkup.probes.contains(where: { $0.problem != nil }) { throw ExitCode(1) }
    }
}

/// What was looked at, and what came of it.
private struct Checkup {
    var probes: [Pipeline.Probe] = []

    var table: TextTable {
        var table = TextTable(["part", "", "found"])
        for probe in probes {
            table.add([probe.part, probe.problem == nil ? "ok" : "problem", probe.problem ?? probe.remark ?? ""])
        }
        return table
    }

    mutating func note(_ part: String, _ body: () async throws -> String) async {
        do {
            probes.append(Pipeline.Probe(part: part, remark: try await body()))
        } catch {
            let text = (error as? PipelineError)?.description ?? "\(error)"
            probes.append(Pipeline.Probe(part: part, problem: text))
        }
    }
}
