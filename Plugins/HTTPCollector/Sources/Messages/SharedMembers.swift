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
    private static let addressName = Array("ip".utf8)

    private var members: [SharedMember] = []
    /// The texts of all of them, with commas between them.
    private var texts: [UInt8] = []
    /// A bit for each length that one of their names has, all from 63 as one: most others are told by that.
    private var nameLengths: UInt64 = 0
    /// See ``MessageEnvelope/address``.
    private let address: ((String) -> String?)?

    /// The members of the value if it is an object, then of the others those whose names are new.
    init(
        _ value: Range<Int>?,
        of index: JSONIndex,
        andThen others: [SharedMember] = [],
        address: ((String) -> String?)? = nil
    ) throws(MessageProblem) {
        self.address = address
        if let value, index.isObject(value) { try add(value.lowerBound, of: index) }
        for other in others where !members.contains(where: { $0.name == other.name }) { members.append(other) }
        for member in members {
            if !texts.isEmpty { texts.append(.comma) }
            texts.append(bytes: member.text)
            nameLengths |= Self.bit(ofLength: member.name.count)
        }
    }

    var isEmpty: Bool { members.isEmpty }

    /// Whether every object stays as it is.
    var changesNothing: Bool { members.isEmpty && address == nil }

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
            if isAddress(member, in: index) {
                guard let kept = keptAddress(member, in: index) else { continue }
                text = kept
            } else {
                index.append(member.tokens, to: &text)
            }
            members.append(SharedMember(name: name, text: text))
        }
    }

    /// Appends the object, as it stands but for its address, with what it lacks.
    func append(_ object: Range<Int>, of index: JSONIndex, to line: inout [UInt8]) {
        // One bit for each; the server's own are few.
        var missing = UInt128.max
        var hasAddress = false
        var rest = JSONMembers(of: object.lowerBound, in: index)
        while let member = rest.next(in: index) {
            if isAddress(member, in: index) {
                hasAddress = true
                if keptAddress(member, in: index) == nil { continue }
            }
            if let found = position(of: member.name, in: index) { missing &= ~(1 << UInt128(found)) }
        }
        if hasAddress {
            appendEach(object, of: index, to: &line)
        } else {
            index.append(object.dropLast(), to: &line)
        }
        if missing == .max {
            if !members.isEmpty { append(texts, to: &line) }
        } else {
            for position in members.indices where missing >> UInt128(position) & 1 == 1 {
                append(members[position].text, to: &line)
            }
        }
        line.append(.closeBrace)
    }

    private func append(_ text: [UInt8], to line: inout [UInt8]) {
        line.separateMember()
        line.append(bytes: text)
    }

    /// An object of nothing else.
    var object: [UInt8] { [.openBrace] + texts + [.closeBrace] }

    private func position(of string: Int, in index: JSONIndex) -> Int? {
        let content = index.content(of: string)
        guard nameLengths & Self.bit(ofLength: content.count) != 0 || index.contains(.backslash, in: content) else {
            return nil
        }
        return members.firstIndex { index.says(string, $0.name) }
    }

    private static func bit(ofLength length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }

    // MARK: Addresses

    /// Appends the object but for its closing brace, with what is kept of its address.
    private func appendEach(_ object: Range<Int>, of index: JSONIndex, to line: inout [UInt8]) {
        line.append(.openBrace)
        var rest = JSONMembers(of: object.lowerBound, in: index)
        while let member = rest.next(in: index) {
            let isAddress = isAddress(member, in: index)
            let kept = isAddress ? keptAddress(member, in: index) : nil
            if isAddress, kept == nil { continue }
            line.separateMember()
            if let kept { line.append(contentsOf: kept) } else { index.append(member.tokens, to: &line) }
        }
    }

    private func isAddress(_ member: JSONMember, in index: JSONIndex) -> Bool {
        address != nil && index.says(member.name, Self.addressName)
    }

    private func keptAddress(_ member: JSONMember, in index: JSONIndex) -> [UInt8]? {
        guard let text = index.text(member.value), let kept = address?(text) else { return nil }
        var result = Array("\"ip\":".utf8)
        result.append(quoted: kept)
        return result
    }
}
