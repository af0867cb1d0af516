/// What a request carries, by its route.
enum MessageKind: Equatable {
    /// `{"batch": [message, …], …}`
    case batch
    /// One message, of the type that the route names, whatever the message says.
    case single(type: String)
}

/// What a body may be; sizes in bytes.
struct MessageLimits {
    var bodySize = 4 << 20
    /// Levels of objects and lists of a message, whose own is the first, and of a batch apart from its messages.
    ///
    /// A deeper message becomes a line that only keeps it.
    var depth = 200
    var messageCount = 2_500
    /// Of one message as it was sent; a longer one becomes a line that only keeps it.
    var messageSize = 32 << 10
    /// Of all lines of a body.
    var linesSize = 16 << 20
}

/// What the server says of every message of a request, and what it does not let it say.
struct MessageEnvelope {
    /// The members that each line begins with, in JSON, with commas between them.
    private(set) var members: [UInt8] = []
    private(set) var contextMembers: [SharedMember] = []
    /// What becomes of an `ip` that a message or its batch has in its context, which is left out where that is nil or no
    /// text; nil where all stay as they are.
    var address: ((String) -> String?)?

    /// Adds a member to each line.
    ///
    /// What messages call `receivedAt`, `source`, `requestId`, `writeKey` or `rejected` never
    /// gets into a line; other names must not be among those of the Segment specification.
    mutating func add(_ name: String, _ text: String) {
        if !members.isEmpty { members.append(.comma) }
        members.append(quoted: name)
        members.append(.colon)
        members.append(quoted: text)
    }

    /// Adds a member to the context of each message whose own has none of that name.
    ///
    /// At most 28 can be added.
    mutating func addToContext(_ name: String, _ text: String) {
        precondition(contextMembers.count < UInt128.bitWidth - SharedMembers.limit)
        var member: [UInt8] = []
        member.append(quoted: name)
        member.append(.colon)
        member.append(quoted: text)
        contextMembers.append(SharedMember(name: Array(name.utf8), text: member))
    }
}

/// Lines for the log: JSON objects, except for items of a batch that are none; each ends with a line feed.
struct MessageLines: Equatable {
    var bytes: [UInt8] = []
    var count = 0
    /// How many of them only keep a message that is too long, too deep, or no text.
    var rejectedCount = 0
}
