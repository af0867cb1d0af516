import ArgumentParser
import PipelineCore
import PipelineRuntime

#if canImport(Glibc)
import Glibc
#endif

struct SQLCommand: AsyncParsableCommand {
    /// How rows are printed.
    enum Format: String, ExpressibleByArgument, CaseIterable { case table, csv, json, ndjson }

    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Ask the lake a question, read-only; tables by name.",
        discussion: """
            EXAMPLES
              millrace sql -c shop.yaml "SELECT channel, sum(sessions) AS sessions FROM acquisition GROUP BY 1 ORDER BY 2 DESC"
              millrace sql -c shop.yaml --format csv "SELECT * FROM sessions" > sessions.csv
              echo "SELECT count(*) AS n FROM events" | millrace sql -c shop.yaml
            """
    )

    @OptionGroup var config: ConfigOption
    @Option(help: "table, csv, json or ndjson.")
    var format = Format.table
    @Argument(help: "One SELECT; read from standard input if it is left out.")
    var query: String?

    func run() async throws {
        let pipeline = try config.pipeline()
        let text = query ?? readAll()
        try await pipeline.withRows(of: SQLText(text, origin: "query")) { [format] schema, rows in
            let printer = RowPrinter(schema, format: format)
            try await printer.print(rows)
        }
    }

    private func readAll() -> String {
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        return text
    }
}
