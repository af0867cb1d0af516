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

    @Option(name: [.customShort("c"), .long], help: "A config file, to try its parts too.")
    var config: String?

    func run() async throws {
        var isWell = true
        func report(_ part: String, _ body: () async throws -> String) async {
            do { print("ok       \(part): \(try await body())") } catch {
                isWell = false
                print("problem  \(part): \((error as? PipelineError)?.description ?? "\(error)")")
            }
        }
        await report("duckdb") {
            let scratch = FileManager.default.temporaryDirectory.path + "/millrace-doctor"
            try await DuckDBEngine(DuckDBConfiguration(), temporaryDirectory: scratch).probe()
            return "starts, and is of a version that we know"
        }
        await report("user-agent rules") {
            "\(try UAPParser(rulesPath: Composition.userAgentRules).version) in \(Composition.userAgentRules)"
        }
        if let config {
            var option = ConfigOption()
            option.config = config
            let pipeline = try option.pipeline()
            await report("state") {
                _ = try RunHistory(stateDirectory: pipeline.stateDirectory)
                return pipeline.stateDirectory
            }
            for problem in await pipeline.probe() {
                isWell = false
                print("problem  \(problem.part): \(problem.problem)")
            }
        }
        if !isWell { throw ExitCode(1) }
    }
}
