import ArgumentParser
import PipelineCore
import PipelineRuntime

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Take what is new, compute what is out of date, deliver what has changed, and exit.",
        discussion: """
            EXAMPLES
              millrace run -c shop.yaml                 everything that is pending
              millrace run -c shop.yaml revenue         one job, with what it needs
              millrace run -c shop.yaml --full --json   compute and deliver all again; the report as JSON
            """
    )

    @OptionGroup var config: ConfigOption
    @Argument(help: "Jobs, exports or sources to run, with what they need; all if none is named.")
    var names: [String] = []
    @Flag(help: "Compute and deliver even what is up to date.")
    var full = false
    @Flag(help: "Print the report as one JSON object.")
    var json = false

    func run() async throws {
        let pipeline = try config.pipeline()
        let report = try await pipeline.run(
            PipelineRun.Options(targets: names, isFull: full),
            makeWorkspace: Composition.workspace,
            progress: TerminalProgress.standard(isQuiet: json)
        )
        if json { try printJSON(report) } else { print(report.text) }
        switch report.outcome {
        case .failed: throw ExitCode(1)
        case .checkFailed: throw ExitCode(3)
        default: break
        }
    }
}

extension RunReport {
    /// What happened, for people.
    var text: String {
        var lines: [String] = []
        for source in sources {
            lines.append(line("source", source.name, source.outcome, source.error, source.summary, source.seconds))
        }
        for job in jobs { lines.append(line("job", job.name, job.outcome, job.error, job.summary, job.seconds)) }
        for export in exports {
            lines.append(line("export", export.name, export.outcome, export.error, export.summary, export.seconds))
        }
        let ending =
            switch outcome {
            case .skipped: "Nothing new. Everything is up to date."
            case .succeeded: "Done in \(seconds) s, run \(run)."
            case .failed: "Failed after \(seconds) s, run \(run). What was published before is as it was."
            case .checkFailed:
                "A data check failed after \(seconds) s, run \(run). What was published before is as it was."
            case .blocked: "Blocked."
            }
        return (lines + [ending]).joined(separator: "\n")
    }

    private func line(
        _ kind: String,
        _ name: String,
        _ outcome: Outcome,
        _ error: String?,
        _ summary: String,
        _ seconds: Double
    ) -> String {
        let start = pad(kind, 7) + pad(name, 16)
        switch outcome {
        case .succeeded: return "\(start)\(summary)  (\(seconds) s)"
        case .skipped: return "\(start)nothing new"
        case .failed, .checkFailed, .blocked: return "\(start)\(outcome.rawValue): \(error ?? "")"
        }
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}

extension RunReport.Source {
    fileprivate var summary: String {
        "\(files) files, \(grouped(rows)) rows in = \(grouped(accepted)) into \(table) + \(grouped(rejected)) rejected"
            + (superseded > 0 ? ", in place of \(grouped(superseded)) earlier ones" : "")
    }
}

extension RunReport.Job {
    fileprivate var summary: String {
        let total = rows.values.reduce(0, +)
        let tables = rows.count == 1 ? "\(rows.keys.first ?? "")" : "\(rows.count) datasets"
        return "\(tables), \(grouped(total)) rows"
            + (duplicates > 0 ? ", \(grouped(duplicates)) duplicates left out" : "")
    }
}

extension RunReport.Export {
    fileprivate var summary: String { "\(datasets) datasets, \(grouped(rows)) rows" }
}
