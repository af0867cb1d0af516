/// The one error that crosses a seam, written for the person who must act on it.
public struct PipelineError: Error, Sendable {
    /// A broad class that callers can branch on; a struct, so that a new code breaks nobody's `switch`.
    public struct Code: Hashable, Sendable {
        private enum Wrapped: String {
            case invalidConfiguration, invalidQuery, unreachable, unauthorized, notFound, conflict, schemaMismatch,
                corruptData, checkFailed, outOfResources, internalError
        }
        private let wrapped: Wrapped

        /// The config file or the arguments are wrong.
        public static let invalidConfiguration = Code(wrapped: .invalidConfiguration)
        /// The user's SQL cannot be run.
        public static let invalidQuery = Code(wrapped: .invalidQuery)
        /// A system outside did not answer.
        public static let unreachable = Code(wrapped: .unreachable)
        /// A system outside refused us.
        public static let unauthorized = Code(wrapped: .unauthorized)
        /// What was asked for does not exist.
        public static let notFound = Code(wrapped: .notFound)
        /// Somebody else changed the same thing first.
        public static let conflict = Code(wrapped: .conflict)
        /// Data do not have the shape that was agreed.
        public static let schemaMismatch = Code(wrapped: .schemaMismatch)
        /// Stored bytes are not what was written.
        public static let corruptData = Code(wrapped: .corruptData)
        /// A check that the user asked for does not hold.
        public static let checkFailed = Code(wrapped: .checkFailed)
        /// Memory, disk or time ran out.
        public static let outOfResources = Code(wrapped: .outOfResources)
        /// A promise between our own parts was broken.
        public static let internalError = Code(wrapped: .internalError)

        /// The code's name, for logs and `--json`.
        public var name: String { wrapped.rawValue }
    }

    /// What the runtime may do next.
    public enum Recovery: Sendable, Equatable {
        /// Try the same again, not before the given time has passed.
        case retry(after: Duration?)
        /// Trying again cannot help.
        case stop
    }

    /// The class of the error.
    public var code: Code
    /// What happened, on what; never a secret or a person's data.
    public var message: String
    /// What was being tried, as a gerund: "reading the table log".
    public var operation: String
    /// What to do next, if that is known.
    public var hint: String?
    /// Whether trying again can help.
    public var recovery: Recovery
    /// The error underneath.
    public var cause: (any Error)?
    /// Where in the source the error was made.
    public var location: String

    /// Makes an error; `operation` reads as "while …".
    public init(
        _ code: Code,
        _ message: String,
        while operation: String,
        hint: String? = nil,
        recovery: Recovery = .stop,
        cause: (any Error)? = nil,
        file: String = #fileID,
        line: Int = #line
    ) {
        self.code = code
        self.message = message
        self.operation = operation
        self.hint = hint
        self.recovery = recovery
        self.cause = cause
        self.location = "\(file):\(line)"
    }
}

extension PipelineError: CustomStringConvertible {
    /// One line that is safe to log: operation, message and hint.
    public var description: String {
        "\(operation): \(message)" + (hint.map { " (\($0))" } ?? "")
    }
}
