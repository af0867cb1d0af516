extension Millrace {
    /// Whom a message is about, where it is not the person who uses this installation: on a server, a customer of many.
    public enum Person: Sendable, Hashable {
        /// Somebody known.
        case user(String)
        /// Somebody not yet known, by an id that a client of theirs made.
        case anonymous(String)
    }

    /// Something was done: `track("Order Completed", ["revenue": 9.9])`.
    public func track(_ event: String, _ properties: [String: JSONValue] = [:], by person: Person? = nil) {
        send(.track, [("event", .string(event)), ("properties", .object(properties))], person)
    }

    /// A page was seen.
    public func page(
        _ name: String,
        category: String? = nil,
        _ properties: [String: JSONValue] = [:],
        by person: Person? = nil
    ) {
        send(.page, view(name, category) + [("properties", .object(properties))], person)
    }

    /// A screen of an app was seen.
    public func screen(
        _ name: String,
        category: String? = nil,
        _ properties: [String: JSONValue] = [:],
        by person: Person? = nil
    ) {
        send(.screen, view(name, category) + [("properties", .object(properties))], person)
    }

    /// Whoever uses this installation is `userID`, in this and all later messages and processes until ``reset()``.
    public func identify(_ userID: String, _ traits: [String: JSONValue] = [:]) {
        remember { $0.userID = userID }
        send(.identify, [("traits", .object(traits))], nil)
    }

    /// Says what is known of somebody else; later messages are not theirs.
    public func identify(_ person: Person, _ traits: [String: JSONValue] = [:]) {
        send(.identify, [("traits", .object(traits))], person)
    }

    /// The person belongs to a group: a company, a team.
    public func group(_ groupID: String, _ traits: [String: JSONValue] = [:], by person: Person? = nil) {
        send(.group, [("groupId", .string(groupID)), ("traits", .object(traits))], person)
    }

    /// Whoever uses this installation is called `userID` from now on, and is the one who was here before.
    public func alias(_ userID: String) {
        let old = identity.current
        remember { $0.userID = userID }
        send(.alias, [("previousId", .string(old.userID ?? old.anonymousID))], nil)
    }

    /// Somebody else uses this installation from now on: forgets the user, and makes a new anonymous id.
    public func reset() { remember { $0 = Identity() } }

    /// The id of whoever uses this installation, made once and kept in the directory.
    public var anonymousID: String { identity.current.anonymousID }
    /// What ``identify(_:_:)-(String,_)`` or ``alias(_:)`` said last.
    public var userID: String? { identity.current.userID }

    private func view(_ name: String, _ category: String?) -> [(key: String, value: JSONValue)] {
        [("name", .string(name))] + (category.map { [("category", .string($0))] } ?? [])
    }

    private func send(_ kind: Message.Kind, _ members: [(key: String, value: JSONValue)], _ person: Person?) {
        var message = Message(kind: kind, members: members)
        switch person {
        case .user(let id): message.userID = id
        case .anonymous(let id): message.anonymousID = id
        case nil:
            let identity = identity.current
            message.anonymousID = identity.anonymousID
            message.userID = identity.userID
        }
        enqueue(message)
    }

    private func remember(_ change: (inout Identity) -> Void) {
        do { try identity.change(change) } catch { options.onFailure(error) }
    }
}

/// Values of types that encode as JSON objects.
extension Millrace {
    /// Something was done; `properties` must encode as an object.
    public func track(_ event: String, encoding properties: some Encodable, by person: Person? = nil) {
        encoded(properties, for: .track) { track(event, $0, by: person) }
    }

    /// Whoever uses this installation is `userID`; `traits` must encode as an object.
    public func identify(_ userID: String, encoding traits: some Encodable) {
        encoded(traits, for: .identify) { identify(userID, $0) }
    }

    private func encoded(_ value: some Encodable, for kind: Message.Kind, _ body: ([String: JSONValue]) -> Void) {
        do { body(try JSONValue.members(of: value)) } catch {
            // What the encoder says may quote the value.
            fail(.notEncoded(type: kind.rawValue, reason: "\(type(of: value)) does not encode as one"))
        }
    }
}
