import ArgumentParser
import Ingestion
import PipelineCore
import PipelineRuntime

struct PreviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Show what a source would give: files, columns with their types, first rows, rejects.",
        discussion: """
            Takes nothing and changes nothing. Of a source of events only the columns that have a value \
            are shown; JSON has all of them.

            EXAMPLES
              millrace preview
              millrace preview orders --rows 10
              millrace preview orders --json
            """
    )

    @OptionGroup var config: ConfigOption
    @Argument(help: "The source; all if none is named.")
    var source: String?
    @Option(parsing: .unconditional, help: "How many rows to show.")
    var rows = 3
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if rows < 0 || rows > 1000 { throw ValidationError("--rows must be from 0 to 1000.") }
    }

    func run() async throws {
        let pipeline = try config.pipeline()
        let names = source.map { [$0] } ?? pipeline.sourceNames
        if names.isEmpty, !json { return print("The config names no sources.") }
        var report = PreviewReport()
        for (index, name) in names.enumerated() {
            if index > 0, !json { print("") }
            do {
                let workspace = try Composition.temporaryWorkspace()
                let preview = try await pipeline.preview(of: name, rows: rows, workspace: workspace)
                if json { report.add(preview, of: name) } else { print(text(preview, name: name)) }
            } catch let error as PipelineError where source == nil {
                report.add(error, of: name)
                if !json { standardError("millrace: \(name): \(error)") }
            }
        }
        if json { try printJSON(report) }
        if report.hasProblem { throw ExitCode(1) }
    }

    private func text(_ preview: SourcePreview, name: String) -> String {
        guard preview.files > 0 else { return "\(name): no files found" }
        let read = preview.sampled.count == preview.files ? "all" : grouped(Int64(preview.sampled.count))
        var lines = [
            "\(name): \(counted(preview.files, "file")), \(read) of them read",
            "\(counted(preview.rows, "row")), of which \(grouped(preview.rejected)) would be rejected",
        ]
        lines += preview.reasons.map { "  \(grouped($0.count)) × \($0.reason.onOneLine)" }
        var columns = TextTable(["column", "type", preview.sample.isEmpty ? "" : "first rows"])
        for field in preview.schema.fields {
            let values = preview.sample.map { $0[field.name] ?? nil }
            if isEvents(preview), values.allSatisfy({ $0 == nil }) { continue }
            let shown = values.map { value in
                value.map { String($0.onOneLine.prefix(24)) } ?? "NULL"
            }
            columns.add([field.name, field.type.description, shown.joined(separator: " | ")])
        }
        return (lines + (columns.isEmpty ? [] : ["", columns.text])).joined(separator: "\n")
    }

    /// Of the event log's many columns only those with a value are worth a line.
    private func isEvents(_ preview: SourcePreview) -> Bool { preview.schema["event_id"] != nil }
}
