import ArgumentParser
import Dispatch
import PipelineConfig
import PipelineCore

#if canImport(Glibc)
import Glibc
#endif

/// `millrace`: the program.
@main struct Millrace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millrace",
        abstract: "Events and files in, an open data lake, datasets for BI out: one program, one config file.",
        discussion: """
            EXAMPLES
              millrace init shop && cd shop    a config to start from
              millrace simulate --output drop  traffic to try it on
              millrace run                     take what is new, compute, deliver
              millrace sql "SELECT date, sessions FROM daily_metrics ORDER BY date"

            The config is millrace.yaml in the current directory, or what -c names.

            EXIT CODES
              0  done
              1  a run failed
              2  the config or the arguments are wrong
              3  a data check failed
            """,
        version: Product.version,
        subcommands: [
            InitCommand.self, CheckCommand.self, RunCommand.self, ServeCommand.self, TailCommand.self, StatusCommand.self, RunsCommand.self, SQLCommand.self,
            TablesCommand.self, PreviewCommand.self, SimulateCommand.self, VacuumCommand.self, DoctorCommand.self,
        ]
    )

    static func main() async {
        signal(SIGPIPE, SIG_IGN)  // A child or a reader that goes away is an error of that call, not our end.
        let work = Task { await execute() }
        let signals = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            // Without `@Sendable` the closure would be the main actor's, and stop the process on another thread.
            source.setEventHandler { @Sendable in work.cancel() }
            source.resume()
            return source
        }
        let code = await work.value
        for source in signals { source.cancel() }
        Glibc.exit(code)
    }

    private static func execute() async -> Int32 {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return report(error)
        }
    }

    /// Says what went wrong to the person who must act, and how that ends the program.
    private static func report(_ error: any Error) -> Int32 {
        TerminalProgress.clear()
        switch error {
        case let code as ExitCode: return code.rawValue
        case let invalid as InvalidConfiguration:
            for line in invalid.lines { standardError(line) }
            return 2
        case let error as PipelineError:
            standardError("millrace: \(error.operation): \(error.message)")
            if let hint = error.hint { standardError("  \(hint)") }
            return switch error.code {
            case .invalidConfiguration, .invalidQuery: 2
            case .checkFailed: 3
            default: 1
            }
        case is ReaderIsGone: return 0
        case is CancellationError:
            standardError("millrace: stopped")
            return 1
        default:
            let code = exitCode(for: error)
            if code == .success {
                print(fullMessage(for: error))
                return 0
            }
            standardError(fullMessage(for: error))
            if code == .validationFailure, let hint = nearestCommand { standardError("  did you mean '\(hint)'?") }
            return code == .validationFailure ? 2 : 1
        }
    }

    /// The command that the first argument may have been meant to be; nil where it is one.
    private static var nearestCommand: String? {
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        guard let first = CommandLine.arguments.dropFirst().first, !names.contains(first) else { return nil }
        return names.nearest(to: first)
    }
}
