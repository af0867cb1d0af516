import ArgumentParser
import Ingestion
import PipelineCore
import PipelineRuntime

struct PreviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Show what a source would give: files, columns with their types, first rows, rejects.",
        discussion: """
            EXAMPLES
              millrace preview -c shop.yaml orders
              millrace preview -c shop.yaml --rows 20
            """
    )

    @OptionGroup var config: ConfigOption
    @Argument(help: "The source; all if none is named.")
    var source: String?
    @Option(help: "How many rows to show.")
    var rows = 5

    func run() async throws {
        let pipeline = try config.pipeline()
        for name in source.map({ [$0] }) ?? pipeline.sourceNames {
            let preview = try await pipeline.preview(
                of: name,
                rows: rows,
                workspace: try Composition.temporaryWorkspace()
            )
            print(text(preview, name: name))
        }
    }

    private func text(_ preview: SourcePreview, name: String) -> String {
        var lines = [
            "\(name): \(preview.files) files, \(preview.sampled.count) of them read: \(grouped(preview.rows)) rows, "
                + "\(grouped(preview.rejected)) would be rejected"
        ]
        for (reason, count) in preview.reasons { lines.append("  \(grouped(count)) × \(reason)") }
        var columns = TextTable(["column", "type", "first rows"])
        for field in preview.schema.fields {
            let values = preview.sample.map { ($0[field.name] ?? nil).map { $0.replacing("\n", with: "⏎") } ?? "NULL" }
            guard values.contains(where: { $0 != "NULL" }) || preview.sample.isEmpty || !isEvents(preview) else {
                continue
            }
            columns.add([
                field.name, field.type.description, values.map { String($0.prefix(24)) }.joined(separator: " | "),
            ])
        }
        return (lines + ["", columns.text, ""]).joined(separator: "\n")
    }

    /// Of the event log's many columns only those with a value are worth a line.
    private func isEvents(_ preview: SourcePreview) -> Bool { preview.schema["event_id"] != nil }
}
