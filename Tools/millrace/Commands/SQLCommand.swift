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
        abstract: "Ask the lake a question; tables by name, nothing can be changed.",
        discussion: """
            In csv, NULL is an empty field and the empty text is "". In json and ndjson, lists and \
            structs are JSON too; the numbers that JSON does not have are the texts "NaN", "Infinity" \
            and "-Infinity".

            EXAMPLES
              millrace sql "SELECT date, sessions FROM daily_metrics ORDER BY date"
              millrace sql --format csv "SELECT * FROM sessions" > sessions.csv
              millrace sql < question.sql
            """
    )

    @OptionGroup var config: ConfigOption
    @Option(help: "table, csv, json or ndjson.")
    var format = Format.table
    @Argument(help: "One SELECT; read from standard input if it is left out.")
    var query: String?

    func validate() throws {
        if query == nil, isTerminal(STDIN_FILENO) { throw ValidationError("Which question? Give a SELECT in quotes.") }
    }

    func run() async throws {
        let pipeline = try config.pipeline()
        let text = query ?? readAll()
        let table = try await pipeline.withRows(of: SQLText(text, origin: "query")) { [format] schema, rows in
            try await RowPrinter(schema, format: format).print(rows)
        }
        // Not before the engine has said that these were all rows.
        if let table { print(table) }
    }

    private func readAll() -> String {
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        return text
    }
}
