internal import PipelineCore

/// Who may send, by key.
struct WriteKeys: Sendable {
    private let entries: [(name: String, key: [UInt8])]

    init(_ keys: [(name: String, key: Secret)]) { entries = keys.map { ($0.name, Array($0.key.reveal().utf8)) } }

    /// The name that a key belongs to; takes as long for a wrong key as for a right one of the same length.
    func name(of key: some Collection<UInt8>) -> String? {
        var found: String?
        for entry in entries where Self.isEqual(entry.key, key) { found = entry.name }
        return found
    }

    private static func isEqual(_ left: [UInt8], _ right: some Collection<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(left, right) { difference |= one ^ other }
        return difference == 0
    }
}
