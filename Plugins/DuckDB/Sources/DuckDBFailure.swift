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

    /// The error to show while `operation` was going on in `program`.
    func pipelineError(while operation: String, in program: String) -> PipelineError {
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
        if statement?.isFirst == true, lines.first?.contains(" Error: ") != true {
            return PipelineError(
                .invalidConfiguration,
                "'\(program)' does not answer as DuckDB does" + (lines.first.map { ": \($0)" } ?? ""),
                while: "starting DuckDB",
                hint:
                    "run Tools/install, or set engine.program or MILLRACE_DUCKDB to DuckDB \(DuckDBProgram.supportedVersion)x"
            )
        }
        if let shortage = Shortage(text) { return shortage.error(while: operation) }
        var message = lines.first.map(Self.withoutValues) ?? "DuckDB crashed without a word"
        let details = lines.dropFirst().prefix { !$0.hasPrefix("LINE ") }.map(Self.withoutValues)
        if !details.isEmpty { message += " " + details.joined(separator: " ") }
        message = Self.withoutExtensions(Self.withoutGuess(message))
        var place = ""
        if let statement, let origin = statement.origin {
            place = origin + (line(in: lines).map { ":\(statement.userLine($0))" } ?? "") + ": "
        }
        return PipelineError(code(of: message), place + message, while: operation, hint: hint(for: message))
    }

    /// What ran out; DuckDB's own advice is about settings that nobody of ours can reach.
    private enum Shortage {
        case memory(String)
        case spillLimit(String)
        case disk(String)

        init?(_ text: String) {
            // The first number is the piece that did not fit, in parentheses stand what is used and the limit.
            let used = text.firstMatch(of: #/\(([0-9.]+ [KMGT]?i?B[a-z]*)\/([0-9.]+ [KMGT]?i?B[a-z]*) used\)/#)
            let amount = used.map { ": \($0.output.1) of \($0.output.2) were in use" } ?? ""
            if text.contains("No space left") {
                self = .disk(String(text.prefix { $0 != "\n" }))
            } else if text.contains("max_temp_directory_size") {
                self = .spillLimit(amount)
            } else if text.hasPrefix("Out of Memory") {
                self = .memory(amount)
            } else {
                return nil
            }
        }

        func error(while operation: String) -> PipelineError {
            let (message, hint) =
                switch self {
                case .memory(let amount):
                    (
                        "the engine ran out of memory\(amount)",
                        "give it more with `engine: { memory: … }`, or let the query read or keep fewer rows and columns"
                    )
                case .spillLimit(let amount):
                    (
                        "the engine ran out of room for what does not fit into memory\(amount)",
                        "let it use more with `engine: { disk: … }`, give it memory with `engine: { memory: … }`, "
                            + "or make room on the disk of the state directory"
                    )
                case .disk(let words):
                    (words, "make room on the disk of that file")
                }
            return PipelineError(.outOfResources, message, while: operation, hint: hint)
        }
    }

    /// The line of the statement that DuckDB points at.
    private func line(in lines: [String]) -> Int? {
        guard let pointer = lines.first(where: { $0.hasPrefix("LINE ") }) else { return nil }
        return Int(pointer.dropFirst(5).prefix { $0.isNumber })
    }

    private func code(of message: String) -> PipelineError.Code {
        let mistakes = [
            "Parser", "Binder", "Catalog", "Conversion", "Permission", "Not implemented", "Constraint", "Invalid Input",
            "Missing Extension",
        ]
        if statement?.origin != nil, mistakes.contains(where: { message.hasPrefix($0) }) { return .invalidQuery }
        return message.hasPrefix("IO Error") ? .corruptData : .internalError
    }

    private func hint(for message: String) -> String? {
        if message.hasPrefix("Permission Error") || message.contains(Self.noExtension) {
            return "a query can read the tables of the lake, and nothing else"
        }
        if message.hasPrefix("Parser Error"), isLook {
            return "`millrace tables` lists the tables, `millrace tables NAME` describes one; here, write one SELECT"
        }
        if message.hasPrefix("Parser Error"), isCommand { return "write one SELECT; a query changes nothing" }
        return nil
    }

    /// Whether the user's text begins like a question about tables that is no query.
    private var isLook: Bool { ["DESCRIBE", "DESC", "SHOW", "SUMMARIZE", "EXPLAIN"].contains(firstWord) }

    /// The user's first word outside of comments, in capitals.
    private var firstWord: String {
        guard let statement, statement.origin != nil else { return "" }
        let lines = statement.text.split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.dropFirst(statement.leadingLines).joined(separator: "\n")
            .replacing(#/--[^\n]*|\/\*(?s:.*?)\*\//#, with: " ")
        return String(text.split { !$0.isLetter }.first ?? "").uppercased()
    }

    /// Whether the user's text begins like something that changes data or settings.
    private var isCommand: Bool {
        let commands = [
            "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "CREATE", "DROP", "ALTER", "COPY", "EXPORT", "IMPORT",
            "ATTACH", "DETACH", "USE", "SET", "RESET", "PRAGMA", "INSTALL", "LOAD", "CALL", "VACUUM", "CHECKPOINT",
        ]
        return commands.contains(firstWord)
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

    private static let noExtension = "which the engine does not have"

    /// The message without DuckDB's advice to load extensions, which a query of ours cannot.
    private static func withoutExtensions(_ message: String) -> String {
        guard let advice = message.firstRange(of: " Please try installing and loading") else { return message }
        return String(message[..<advice.lowerBound])
            .replacing(#/requires the extension (\S+) to be loaded/#) {
                "needs the extension \($0.output.1), \(noExtension)"
            }
            .replacing(#/is not in the catalog, but it exists in the (\S+) extension\./#) {
                "is in the extension \($0.output.1), \(noExtension)"
            }
    }
}
