/// What went wrong with messages; told to ``Millrace/Options/onFailure``, or thrown where nothing can be sent at all.
///
/// No text holds a write key, or anything of a message but its id.
public enum MillraceFailure: Error, Hashable, Sendable {
    /// The URL, the directory or an option cannot be used.
    case unusable(String)
    /// Another process, or another ``Millrace`` of this one, works in the directory.
    case inUse(directory: String)
    /// A message is longer than messages may be, and was not taken.
    case tooLong(type: String, bytes: Int, limit: Int)
    /// Properties or traits could not be made JSON; the message was not taken.
    case notEncoded(type: String, reason: String)
    /// The disk did not take a message, or does not give back what waits there.
    case disk(call: String, path: String, number: Int32)
    /// Somebody else took a file of the queue away, with the messages in it.
    case vanished(path: String)
    /// The queue was full: so many of the oldest messages are gone.
    case dropped(count: Int)
    /// The server does not understand a message, which is gone; the others of its batch were taken.
    case refused(messageID: String, reason: String)
    /// The server takes nothing from here until somebody changes the key, the URL or the server; everything is kept.
    case rejected(status: Int, reason: String)
    /// The server could not be reached or could not take a batch, which is kept and sent again.
    case delayed(reason: String)
}

extension MillraceFailure: CustomStringConvertible {
    /// What happened and what becomes of the messages; one line.
    public var description: String {
        switch self {
        case .unusable(let reason): reason
        case .inUse(let directory): "the queue in \(directory) is in use; give each process a directory of its own"
        case .tooLong(let type, let bytes, let limit):
            "a message of type \(type) has \(bytes) bytes, more than the \(limit) that one may have; it was not taken"
        case .notEncoded(let type, let reason):
            "what a message of type \(type) should carry is no JSON object: \(reason); it was not taken"
        case .disk(let call, let path, let number): "\(call) failed on \(path) with error \(number)"
        case .vanished(let path): "the file \(path) is gone with the messages in it; leave the directory to one process"
        case .dropped(let count): "the queue was full, the \(count) oldest messages were dropped"
        case .refused(let messageID, let reason): "the server refused message \(messageID): \(reason); it was dropped"
        case .rejected(let status, let reason):
            "the server answered \(status): \(reason); messages wait until the key, the URL or the server is put right"
        case .delayed(let reason): "messages wait to be sent again: \(reason)"
        }
    }
}
