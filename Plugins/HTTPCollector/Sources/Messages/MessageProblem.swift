/// Why a body is refused; `description` is for its sender and never holds content of the body.
enum MessageProblem: Error, Equatable, CustomStringConvertible {
    case tooLong(limit: Int)
    /// What is around the messages.
    case tooDeep(limit: Int)
    /// Positions are in bytes, from 0.
    case notUTF8(position: Int)
    case notJSON(position: Int)
    case notAnObject
    /// A batch without a list of that name.
    case noBatch
    case tooManyMessages(limit: Int)
    /// The batch's own `context` or `integrations` has more members than are handed to its messages.
    case tooManySharedMembers(limit: Int)
    /// With all that is added to each message, the lines would take too much memory.
    case tooMuchAdded(limit: Int)

    var description: String {
        switch self {
        case .tooLong(let limit): "the body is longer than \(limit) bytes"
        case .tooDeep(let limit): "around its messages, the body is nested deeper than \(limit) levels"
        case .notUTF8(let position): "the body is not UTF-8 at byte \(position)"
        case .notJSON(let position): "the body is not valid JSON at byte \(position)"
        case .notAnObject: "the body is not a JSON object"
        case .noBatch: "the body has no list named batch"
        case .tooManyMessages(let limit): "the batch has more than \(limit) messages"
        case .tooManySharedMembers(let limit):
            "the context or the integrations of the batch have more than \(limit) members"
        case .tooMuchAdded(let limit):
            "with what the collector and the batch add to each message, the body is longer than \(limit) bytes"
        }
    }
}
