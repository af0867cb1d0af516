internal import Glibc
internal import PipelineCore

/// An error number on its way out of a simulated call.
struct SystemNumber: Error {
    let value: Int32
    init(_ value: Int32) { self.value = value }
}

/// Files and directories as they are, and as they would be after a power cut.
struct SimulatedDiskState: Sendable {
    enum EntryChange: Sendable {
        case set(String, node: Int)
        case move(from: String, to: String, node: Int)
        case remove(String)

        func apply(to entries: inout [String: Int]) {
            switch self {
            case .set(let name, let node): entries[name] = node
            case .move(let from, let to, let node):
                entries[from] = nil
                entries[to] = node
            case .remove(let name): entries[name] = nil
            }
        }
    }

    struct Node: Sendable {
        let isDirectory: Bool
        var content: [UInt8] = []
        var entries: [String: Int] = [:]
        var modified: Timestamp
        /// What is on stable storage.
        var syncedContent: [UInt8] = []
        var syncedEntries: [String: Int] = [:]
        /// Changes since, in order.
        var unsynced: [EntryChange] = []
        /// A sync failed: the bytes in memory will never reach the disk.
        var isLost = false
    }

    /// The first is the root directory.
    var nodes: [Node] = [Node(isDirectory: true, modified: Timestamp(microseconds: 0))]
    var descriptors: [Int32: Int] = [:]
    var calls = 0
    private var nextDescriptor: Int32 = 3

    /// A clock that every call moves by a millisecond.
    var now: Timestamp { Timestamp(microseconds: 1_795_000_000_000_000 + Int64(calls) * 1000) }

    // MARK: Paths

    func find(_ path: String) -> Int? {
        var node = 0
        for name in path.split(separator: "/") {
            guard nodes[node].isDirectory, let next = nodes[node].entries[String(name)] else { return nil }
            node = next
        }
        return node
    }

    func required(_ path: String) throws(SystemNumber) -> Int {
        guard let node = find(path) else { throw SystemNumber(ENOENT) }
        return node
    }

    /// The directory of a path and the name in it.
    func parent(_ path: String) throws(SystemNumber) -> (directory: Int, name: String) {
        let names = path.split(separator: "/")
        guard let name = names.last else { throw SystemNumber(EINVAL) }
        let directory = try required("/" + names.dropLast().joined(separator: "/"))
        guard nodes[directory].isDirectory else { throw SystemNumber(ENOTDIR) }
        return (directory, String(name))
    }

    /// Like ``parent(_:)``, for a name that must be free.
    func place(_ path: String) throws(SystemNumber) -> (directory: Int, name: String) {
        let place = try parent(path)
        guard nodes[place.directory].entries[place.name] == nil else { throw SystemNumber(EEXIST) }
        return place
    }

    // MARK: Changes

    mutating func add(isDirectory: Bool, named name: String, in directory: Int) -> Int {
        nodes.append(Node(isDirectory: isDirectory, modified: now))
        change(directory, .set(name, node: nodes.count - 1))
        return nodes.count - 1
    }

    mutating func change(_ directory: Int, _ change: EntryChange) {
        change.apply(to: &nodes[directory].entries)
        nodes[directory].unsynced.append(change)
        nodes[directory].modified = now
    }

    mutating func open(_ node: Int) -> Int32 {
        nextDescriptor += 1
        descriptors[nextDescriptor] = node
        return nextDescriptor
    }

    func node(_ descriptor: Int32) throws(SystemNumber) -> Int {
        guard let node = descriptors[descriptor] else { throw SystemNumber(EBADF) }
        return node
    }

    // MARK: Durability

    mutating func sync(_ node: Int) {
        guard !nodes[node].isLost else { return }
        nodes[node].syncedContent = nodes[node].content
        nodes[node].syncedEntries = nodes[node].entries
        nodes[node].unsynced = []
    }

    /// A failed sync: what it should have saved never will be.
    mutating func loseUnsynced() {
        for node in Set(descriptors.values)
        where !nodes[node].isDirectory && nodes[node].content != nodes[node].syncedContent {
            nodes[node].isLost = true
        }
    }

    func restarted(_ survival: SimulatedDisk.Survival) -> SimulatedDiskState {
        var copy = self
        copy.descriptors = [:]
        copy.calls = 0
        var random = SplitMix(state: 0)
        if case .some(let seed) = survival { random = SplitMix(state: seed) }
        for index in nodes.indices {
            switch survival {
            case .everything: break
            case .onlySynced:
                copy.nodes[index].content = nodes[index].syncedContent
                copy.nodes[index].entries = nodes[index].syncedEntries
            case .some:
                copy.nodes[index].content = nodes[index].survivingContent(&random)
                copy.nodes[index].entries = nodes[index].survivingEntries(&random)
            }
            copy.nodes[index].syncedContent = copy.nodes[index].content
            copy.nodes[index].syncedEntries = copy.nodes[index].entries
            copy.nodes[index].unsynced = []
            copy.nodes[index].isLost = false
        }
        return copy
    }
}

extension SimulatedDiskState.Node {
    fileprivate func survivingContent(_ random: inout SplitMix) -> [UInt8] {
        guard content != syncedContent, !isLost else { return syncedContent }
        switch random.next() % 4 {
        case 0: return syncedContent
        case 1: return content
        // Files only grow, so what was synced is not touched.
        case 2: return syncedContent + [UInt8](repeating: 0, count: content.count - syncedContent.count)
        default:
            let torn = Int(random.next() % UInt64(content.count / 512 + 1)) * 512
            return Array(content.prefix(max(syncedContent.count, torn)))
        }
    }

    fileprivate func survivingEntries(_ random: inout SplitMix) -> [String: Int] {
        var entries = syncedEntries
        for change in unsynced where random.next() % 2 == 0 { change.apply(to: &entries) }
        return entries
    }
}

/// Numbers that depend on the seed alone.
private struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
