/// A member that messages get where they have none of that name.
struct SharedMember {
    /// Without quotes and escapes.
    let name: [UInt8]
    /// Name, colon and value in JSON, on one line.
    let text: [UInt8]
}

/// The members that the objects of one name get in every message of a body.
struct SharedMembers {
    /// How many a batch may have, counting those of the same name.
    static let limit = 100

    private var members: [SharedMember] = []

    /// The members of the value if it is an object, then of the others those whose names are new.
    init(_ value: Range<Int>?, of index: JSONIndex, andThen others: [SharedMember] = []) throws(MessageProblem) {
        if let value, index.isObject(value) { try add(value.lowerBound, of: index) }
        for other in others where !members.contains(where: { $0.name == other.name }) { members.append(other) }
    }

    var isEmpty: Bool { members.isEmpty }

    /// Takes over the members of an object; of two with the same name the later.
    private mutating func add(_ object: Int, of index: JSONIndex) throws(MessageProblem) {
        var rest = JSONMembers(of: object, in: index)
        var count = 0
        while let member = rest.next(in: index) {
            count += 1
            guard count <= Self.limit else { throw .tooManySharedMembers(limit: Self.limit) }
            let name = index.unescaped(member.name)
            members.removeAll { $0.name == name }
            var text: [UInt8] = []
            index.append(member.tokens, to: &text)
            members.append(SharedMember(name: name, text: text))
        }
    }

    /// Appends the object, as it stands, with what it lacks.
    func append(_ object: Range<Int>, of index: JSONIndex, to line: inout [UInt8]) {
        // One bit for each; the server's own are few.
        var missing = UInt128.max
        var isEmpty = true
        var rest = JSONMembers(of: object.lowerBound, in: index)
        while let member = rest.next(in: index) {
            isEmpty = false
            if let found = position(of: member.name, in: index) { missing &= ~(1 << UInt128(found)) }
        }
        index.append(object.dropLast(), to: &line)
        for position in members.indices where missing >> UInt128(position) & 1 == 1 {
            if !isEmpty { line.append(.comma) }
            isEmpty = false
            line.append(contentsOf: members[position].text)
        }
        line.append(.closeBrace)
    }

    /// An object of nothing else.
    var object: [UInt8] {
        [.openBrace] + members.map(\.text).joined(separator: [.comma]) + [.closeBrace]
    }

    private func position(of string: Int, in index: JSONIndex) -> Int? {
        let content = index.content(of: string)
        guard index.contains(.backslash, in: content) else {
            return members.firstIndex { index.matches(content, $0.name) }
        }
        let name = index.unescaped(string)
        return members.firstIndex { $0.name == name }
    }
}
