import ArgumentParser
import HTTPCollectorPlugin
import PipelineRuntime

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Receive events: run the collectors of the config until stopped.",
        discussion: """
            An answer of 200 means that the events are on stable storage. SIGTERM and SIGINT end it: \
            requests that have begun are answered, and what was received lands in the lake. What does \
            not land in time, or was left by a kill, lands with the next start or the next run. \
            Events that are refused or do not land are told on standard error, and so is the end of \
            that. Nothing is taken before all collectors can start. After a failed fsync it ends with 1: let the service manager start it again.

            EXAMPLES
              millrace serve
              millrace serve -c shop.yaml
            """
    )

    @OptionGroup var config: ConfigOption

    func run() async throws {
        let pipeline = try config.pipeline()
        try HTTPCollector.checkSockets(of: pipeline.receiverNames)
        try await pipeline.serve { source, address in
            standardError("millrace: \(source) listens on \(address)")
        } onRemark: { remark in
            standardError("millrace: \(remark)")
        }
        standardError("millrace: stopped")
    }
}
