import PipelineRuntime

extension RunReport {
    /// The lines of all parts and of the ending.
    var text: String {
        let parts = sources.map { Part.source($0) } + jobs.map { .job($0) } + exports.map { .export($0) }
        let width = parts.map(\.name.count).max() ?? 0
        return (parts.map { $0.line(width: width) } + [ending]).joined(separator: "\n")
    }

    /// How it ended, and what to do about it.
    var ending: String {
        var lines: [String] = []
        let rejected = sources.reduce(0) { $0 + $1.rejected }
        if rejected > 0 {
            lines.append("Rejected rows are kept with their reasons in the table dead_letters.")
        }
        lines += warnings.map { "Warning: \($0)" }
        switch outcome {
        case .skipped where sources.contains { $0.found == 0 } && jobs.isEmpty: lines.append("Nothing to take.")
        case .skipped: lines.append("Nothing new: everything is up to date.")
        case .succeeded: lines.append("Done in \(duration(seconds)), run \(run).")
        case .failed, .blocked:
            lines.append("Failed after \(duration(seconds)), run \(run). What did not succeed is as it was before.")
        case .checkFailed:
            lines.append("A data check failed after \(duration(seconds)), run \(run). Its table is as it was before.")
        }
        return lines.joined(separator: "\n")
    }
}

extension RunReport.Part {
    /// The name in the config.
    var name: String {
        switch self {
        case .source(let source): source.name
        case .job(let job): job.name
        case .export(let export): export.name
        }
    }

    /// One line, the name padded to `width`.
    func line(width: Int) -> String {
        switch self {
        case .source(let source):
            line("source", source.outcome, source.error, source.summary, source.seconds, width)
        case .job(let job): line("job", job.outcome, job.error, job.summary, job.seconds, width)
        case .export(let export): line("export", export.outcome, export.error, export.summary, export.seconds, width)
        }
    }

    private func line(
        _ kind: String,
        _ outcome: RunReport.Outcome,
        _ error: String?,
        _ summary: String,
        _ seconds: Double,
        _ width: Int
    ) -> String {
        let start = "\(kind.padded(to: 6))  \(name.padded(to: width))  \(duration(seconds).padded(before: 7))  "
        switch outcome {
        case .succeeded, .skipped: return start + summary
        case .failed: return start + "failed: \(error ?? "")"
        case .checkFailed: return start + "check failed: \(error ?? "")"
        case .blocked: return start + "not run: \(error ?? "")"
        }
    }
}

extension RunReport.Source {
    fileprivate var summary: String {
        if outcome == .skipped, isReceived == true { return "no new events" }
        if outcome == .skipped { return found == 0 ? "no files found" : "nothing new in \(counted(found, "file"))" }
        let taken = (isReceived == true ? "" : "\(counted(files, "file")), ") + counted(rows, "row")
        let whereTo = "\(grouped(accepted)) into \(table) + \(grouped(rejected)) rejected"
        return "\(taken) = \(whereTo)" + (superseded > 0 ? ", in place of \(grouped(superseded)) earlier" : "")
    }
}

extension RunReport.Job {
    fileprivate var summary: String {
        if outcome == .skipped { return "up to date" }
        let tables = rows.count == 1 ? rows.keys.joined() : counted(rows.count, "dataset")
        return "\(tables), \(counted(rows.values.reduce(0, +), "row"))"
            + (duplicates > 0 ? ", \(counted(duplicates, "duplicate")) left out" : "")
    }
}

extension RunReport.Export {
    fileprivate var summary: String {
        outcome == .skipped ? "up to date" : "\(counted(datasets, "dataset")), \(counted(rows, "row"))"
    }
}
