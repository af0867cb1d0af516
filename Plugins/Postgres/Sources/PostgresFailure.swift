internal import PipelineCore

/// What a server or libpq reports.
struct PostgresFailure: Error {
    /// The fields of an error that libpq tells apart (PG_DIAG_…).
    enum Field {
        case state, message, detail, hint, context

        /// The letter that stands for it in the protocol.
        var value: UInt8 {
            switch self {
            case .state: UInt8(ascii: "C")
            case .message: UInt8(ascii: "M")
            case .detail: UInt8(ascii: "D")
            case .hint: UInt8(ascii: "H")
            case .context: UInt8(ascii: "W")
            }
        }
    }

    /// The SQLSTATE; 08006 where the connection broke.
    let state: String
    private let message: String
    private let detail: String?
    private let hint: String?
    private let context: String?

    /// What the server said of a statement.
    init(_ field: (Field) -> String?) {
        state = field(.state) ?? ""
        message = field(.message) ?? "no message"
        detail = field(.detail)
        hint = field(.hint)
        context = field(.context)
    }

    init(message: String, state: String = "") {
        self.state = state
        self.message = message.split(separator: "\n").joined(separator: "; ")
        (detail, hint, context) = (nil, nil, nil)
    }

    /// What libpq says of a connection that could not be made, or broke; it names host, database and user.
    static func connection(_ message: String) -> PostgresFailure { PostgresFailure(message: message, state: "08006") }

    /// Whether somebody asked for the end of the statement.
    var isCancellation: Bool { state == "57014" }

    /// For the user, without values of rows, which the server's messages about data quote.
    func pipelineError(while operation: String) -> PipelineError {
        let (code, cure, recovery) = classification
        return PipelineError(
            code,
            isAboutData ? "the server refuses a value\(place) (SQLSTATE \(state))" : said,
            while: operation,
            hint: cure,
            recovery: recovery
        )
    }

    /// Data exceptions, broken constraints, and what the server's own functions raise of them.
    private var isAboutData: Bool { ["22", "23"].contains(state.prefix(2)) }

    private var said: String {
        var text = message
        if let detail { text += ": " + detail }
        if let hint { text += " (\(hint))" }
        return state.isEmpty || state == "08006" ? text : "\(text) (SQLSTATE \(state))"
    }

    /// Row and column, which the context of a copy names: `COPY t, line 2, column id: "…"`.
    private var place: String {
        guard let context, context.hasPrefix("COPY ") else { return "" }
        let parts = context.split(separator: "\n")[0].split(separator: ", ")
        guard let line = parts.first(where: { $0.hasPrefix("line ") }) else { return "" }
        let row = line.dropFirst(5).prefix { $0.isNumber }
        let column = parts.first { $0.hasPrefix("column ") }.map { $0.dropFirst(7).prefix { $0 != ":" } }
        return " in row \(row)" + (column.map { ", column '\($0)'" } ?? "")
    }

    private var classification: (PipelineError.Code, String?, PipelineError.Recovery) {
        let soon = PipelineError.Recovery.retry(after: .seconds(5))
        return switch state {
        case "28P01", "28000": (.unauthorized, "look at user and password, and at the server's pg_hba.conf", .stop)
        case "42501": (.unauthorized, "grant the user what it lacks", .stop)
        case "3D000", "3F000": (.invalidConfiguration, "make it, or change `url` or `schema`", .stop)
        case "2BP01", "0A000": (.conflict, "drop what depends on it, deliver, and make it again", .stop)
        case "55P03": (.conflict, "another session holds a lock; see pg_locks, or raise `lock_timeout`", soon)
        case "40001", "40P01": (.conflict, nil, soon)
        case "57014": (.outOfResources, "raise `statement_timeout`", .stop)
        case "53300": (.unreachable, "the server has no connection left", soon)
        default:
            switch state.prefix(2) {
            case "08", "57": (.unreachable, "look whether the server runs and can be reached", soon)
            case "53", "54": (.outOfResources, "look at the server's disk and memory", soon)
            case "22", "23": (.schemaMismatch, "the rows break the dataset's definition", .stop)
            default: (.internalError, nil, .stop)
            }
        }
    }
}

/// Runs `body` and throws what the server reports as a `PipelineError`; other errors pass unchanged.
func postgresErrors<Result>(while operation: String, _ body: () async throws -> Result) async throws -> Result {
    do { return try await body() } catch let failure as PostgresFailure {
        throw failure.pipelineError(while: operation)
    }
}
