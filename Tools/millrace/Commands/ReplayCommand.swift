import ArgumentParser
import Ingestion
import PipelineCore
import PipelineRuntime

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Show what could not be used, and read it again, by a corrected config or after a fix.",
        discussion: """
            Without a source it lists dead letters by source and reason. With one it reads its
            dead letters again; what can be used now gets into the table, and into datasets
            with the next run. Fixes are made in this order: --rename, --drop, --set; they
            change a record's columns, or the members at the top of a JSON object, and last:
            a later full run keeps what they gave.

            EXAMPLES
              millrace replay
              millrace replay web --show --reason "neither anonymous_id"
              millrace replay web --reason "neither anonymous_id" --set userId=unknown --dry-run
              millrace replay orders --rename amount=total
            """
    )

    @OptionGroup var config: ConfigOption
    @Argument(help: "The source whose dead letters are meant.")
    var source: String?
    @Option(help: "Only dead letters whose reason contains this text.")
    var reason: String?
    @Flag(help: "Only show them.")
    var show = false
    @Option(help: "How many to show.")
    var limit = 20
    @Option(help: "For lists: table, csv, json or ndjson.")
    var format = SQLCommand.Format.table
    @Option(name: .customLong("rename"), help: "OLD=NEW: the member's name where nothing is called NEW.")
    var renamings: [String] = []
    @Option(name: .customLong("drop"), help: "A member that is taken away.")
    var dropped: [String] = []
    @Option(name: .customLong("set"), help: "NAME=TEXT: the member's value where it has none.")
    var settings: [String] = []
    @Flag(help: "Only say what could be used.")
    var dryRun = false

    private var isFixing: Bool { !(renamings + dropped + settings).isEmpty }

    func validate() throws {
        if limit < 1 || limit > 1_000_000 { throw ValidationError("--limit must be from 1 to 1000000.") }
        if source == nil, show || dryRun || isFixing { throw ValidationError("Which source? Name it.") }
        if show, dryRun || isFixing { throw ValidationError("--show changes nothing, so it takes no fix.") }
        _ = try fix()
    }

    func run() async throws {
        let pipeline = try config.pipeline()
        guard let source, !show else { return try await list(in: pipeline) }
        let report = try await pipeline.replay(
            source,
            fix: try fix(),
            reason: reason,
            isRehearsal: dryRun,
            makeWorkspace: Composition.workspace
        )
        print(text(report))
    }

    private func fix() throws -> RecordFix {
        let renamings = try pairs(renamings, of: "--rename").map { RecordFix.Step.rename(member: $0, to: $1) }
        let settings = try pairs(settings, of: "--set").map { RecordFix.Step.set(member: $0, value: $1) }
        return RecordFix(renamings + dropped.map { .drop(member: $0) } + settings)
    }

    private func pairs(_ texts: [String], of option: String) throws -> [(String, String)] {
        try texts.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
                throw ValidationError("\(option) needs two words with = between them, such as userId=unknown.")
            }
            return (parts[0], parts[1])
        }
    }

    // MARK: Lists

    private func list(in pipeline: Pipeline) async throws {
        if let source { try pipeline.checkSource(source) }
        let table = DatasetDefinition.deadLetters.name
        guard try await pipeline.tables.snapshot(of: table, at: nil)?.rowCount ?? 0 > 0 else {
            return print("There are no dead letters.")
        }
        let condition = DeadLetterSelection(source: source, reason: reason).condition
        let query =
            show
            ? "SELECT received_at, file, _row AS row, reason, raw FROM \(table) WHERE \(condition) "
                + "ORDER BY received_at, file, _row LIMIT \(limit)"
            : "SELECT source, reason, count(*) AS records, min(received_at) AS first_seen, max(received_at) AS last_seen "
                + "FROM \(table) WHERE \(condition) GROUP BY source, reason ORDER BY source, count(*) DESC, reason"
        let text = try await pipeline.withRows(of: SQLText(query)) { [format] schema, rows in
            try await RowPrinter(schema, format: format).print(rows)
        }
        if let text { print(text) }
    }

    // MARK: Reports

    private func text(_ report: ReplayReport) -> String {
        var lines: [String] = []
        let before = report.caughtUp
        if !before.isEmpty {
            lines.append(
                "\(report.source): \(counted(before.rows, "row")) taken before: "
                    + "\(grouped(before.accepted)) accepted, \(grouped(before.rejected)) rejected"
            )
        }
        let (used, left) = dryRun ? ("would be used", "would stay") : ("used", "still dead")
        var counts = "\(grouped(report.replayed)) \(used), \(grouped(report.dead)) \(left)"
        if report.superseded > 0 { counts += ", \(grouped(report.superseded)) superseded" }
        lines.append("\(report.source): \(counted(report.before, "dead letter")), \(counts)")
        lines += report.reasons.map { "  \(grouped($0.count)) × \($0.text.onOneLine)" }
        if !dryRun, report.replayed > 0 { lines.append("`millrace run` brings them into the datasets.") }
        return lines.joined(separator: "\n")
    }
}
