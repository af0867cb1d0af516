internal import PipelineCore

/// DuckDB's own words about a failed statement, turned into an error for the person who wrote the query.
struct DuckDBFailure: Error {
    let text: String
    let statement: SessionStatement?
    /// Whether somebody ended the program, as the system does with one that takes too much memory.
    let isKilled: Bool

    init(_ text: String, statement: SessionStatement?, isKilled: Bool) {
        self.text = text
        self.statement = statement
        self.isKilled = isKilled
    }

    /// The error to show while `operation` was going on.
    func pipelineError(while operation: String) -> PipelineError {
        guard !isKilled else {
            return PipelineError(
                .outOfResources,
                "DuckDB was killed from outside",
                while: operation,
                hint: "the system does so where memory runs out: set engine.memory to less",
                recovery: .retry(after: nil)
            )
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
        var message =
            lines.first.map(Self.withoutValues)
            ?? "DuckDB crashed without a word"
        let details = lines.dropFirst().prefix { !$0.hasPrefix("LINE ") }.map(Self.withoutValues)
        if !details.isEmpty { message += " " + details.joined(separator: " ") }
        message = Self.withoutGuess(message)
        var place = ""
        if let statement, let origin = statement.origin {
            place = origin + (line(in: lines).map { ":\(statement.userLine($0))" } ?? "") + ": "
        }
        return PipelineError(code(of: message), place + message, while: operation, hint: hint(for: message))
    }

    /// The line of the statement that DuckDB points at.
    private func line(in lines: [String]) -> Int? {
        guard let pointer = lines.first(where: { $0.hasPrefix("LINE ") }) else { return nil }
        return Int(pointer.dropFirst(5).prefix { $0.isNumber })
    }

    private func code(of message: String) -> PipelineError.Code {
        if message.hasPrefix("Out of Memory") || message.contains("No space left") { return .outOfResources }
        let mistakes = [
            "Parser", "Binder", "Catalog", "Conversion", "Permission", "Not implemented", "Constraint", "Invalid Input",
        ]
        if statement?.origin != nil, mistakes.contains(where: { message.hasPrefix($0) }) { return .invalidQuery }
        return message.hasPrefix("IO Error") ? .corruptData : .internalError
    }

    private func hint(for message: String) -> String? {
        if message.hasPrefix("Out of Memory") {
            return "give the engine more with engine.memory, or let it spill more with engine.disk"
        }
        if message.contains("No space left") { return "make room on the disk of that file" }
        if message.hasPrefix("Permission Error") { return "a query can read the tables of the lake, and nothing else" }
        if message.hasPrefix("Parser Error"), isCommand { return "write one SELECT; a query changes nothing" }
        return nil
    }

    /// Whether the user's text begins like something that changes data or settings.
    private var isCommand: Bool {
        guard let statement, statement.origin != nil else { return false }
        let lines = statement.text.split(separator: "\n", omittingEmptySubsequences: false)
        let word = lines.dropFirst(statement.leadingLines).joined(separator: "\n").split { !$0.isLetter }.first ?? ""
        let commands = [
            "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "CREATE", "DROP", "ALTER", "COPY", "EXPORT", "IMPORT",
            "ATTACH", "DETACH", "USE", "SET", "RESET", "PRAGMA", "INSTALL", "LOAD", "CALL", "VACUUM", "CHECKPOINT",
        ]
        return commands.contains(word.uppercased())
    }

    /// The message without the data that DuckDB quotes in it: rows may hold what is nobody's business in a log.
    private static func withoutValues(_ line: String) -> String {
        guard
            line.contains("Could not convert") || line.contains("invalid") || line.hasPrefix("Conversion Error")
                || line.contains("Constraint Error") || line.contains("not valid UTF8")
        else { return line }
        var shown = ""
        var quote: Character?
        for character in line.replacing(#/with value \S+/#, with: "with value …") {
            if character == quote {
                shown += "…\(character)"
                quote = nil
            } else if quote == nil {
                // An apostrophe inside a word, as in "can't", is no quote.
                let isQuote = character == "\"" || (character == "'" && shown.last?.isLetter != true)
                shown.append(character)
                if isQuote { quote = character }
            }
        }
        return shown
    }

    /// The message without DuckDB's guess at a table, which comes from its own catalog: no user meant `pg_views`.
    private static func withoutGuess(_ line: String) -> String {
        line.replacing(#/ Did you mean "(?:pg_|duckdb_|sqlite_|pragma_|information_schema)[^"]*"\?/#, with: "")
    }
}
