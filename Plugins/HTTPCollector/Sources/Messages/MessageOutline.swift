/// Those members of a message that are looked at.
struct MessageOutline {
    private(set) var members: [(member: JSONMember, name: MessageMember)] = []
    /// Where among them the last of each name is that is not null, by its raw value; -1 for none.
    private var last = [Int](repeating: -1, count: MessageMember.allCases.count)

    /// Reads the object that begins with the token, in place of the one before.
    mutating func read(_ object: Int, of index: JSONIndex) {
        members.removeAll(keepingCapacity: true)
        for name in last.indices { last[name] = -1 }
        var rest = JSONMembers(of: object, in: index)
        while let member = rest.next(in: index) {
            let name = MessageMember(member.name, in: index)
            if name == .other { continue }
            last[name.rawValue] = index.isNull(member.value) ? -1 : members.count
            members.append((member, name))
        }
    }

    /// Which member is the last of the name; nil where there is none, or it is null.
    func last(_ name: MessageMember) -> Int? {
        let position = last[name.rawValue]
        return position < 0 ? nil : position
    }
}
