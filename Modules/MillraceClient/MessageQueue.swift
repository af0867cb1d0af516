internal import Synchronization

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Messages that wait on disk, oldest first.
///
/// A segment is a file of messages, one a line, that is sent as one batch: it is appended to until it is full or its turn
/// comes, and removed when its messages are settled. What was sent needs no other memory. A line without its end, as a
/// crash leaves it, was never acknowledged and does not count.
final class MessageQueue: Sendable {
    struct Segment: Sendable, Equatable {
        let number: Int
        var size = 0
        /// Nil for one of an earlier process.
        var count: Int?
        var isSynced = false
    }

    private struct State {
        var sealed: [Segment] = []
        var open: (segment: Segment, file: QueueFile)?
        /// The one that is being sent, which is not dropped.
        var head: Int?
        var next = 1
        var size = 0
        var onFull: @Sendable () -> Void = {}
    }

    private let directory: String
    private let options: Millrace.Options
    private let lock: QueueFile
    private let state: Mutex<State>

    init(directory: String, options: Millrace.Options) throws(MillraceFailure) {
        self.directory = directory
        self.options = options
        lock = try QueueFile(directory + "/lock")
        guard lock.lock() else { throw .inUse(directory: directory) }
        var found = State()
        found.sealed = try Self.segments(in: directory)
        found.size = found.sealed.reduce(0) { $0 + $1.size }
        found.next = (found.sealed.last?.number ?? 0) + 1
        state = Mutex(found)
    }

    private static func segments(in directory: String) throws(MillraceFailure) -> [Segment] {
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            return try names.filter { $0.hasSuffix(".ndjson") }.compactMap { name in
                guard let number = Int(name.dropLast(7)) else { return nil }
                return Segment(number: number, size: try QueueFile(directory + "/" + name).size())
            }.sorted { $0.number < $1.number }
        } catch {
            throw .unusable("the queue in \(directory) cannot be read: \(error)")
        }
    }

    func path(of segment: Segment) -> String {
        let digits = String(segment.number)
        return directory + "/" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits + ".ndjson"
    }

    /// Is called whenever a segment is full.
    func onFull(_ call: @escaping @Sendable () -> Void) { state.withLock { $0.onFull = call } }

    /// Appends a message, which the process may crash after; returns how many had to go to make room.
    func append(_ message: [UInt8]) throws(MillraceFailure) -> Int {
        let line = message + [UInt8(ascii: "\n")]
        return try state.withLock { (state) throws(MillraceFailure) in
            if let open = state.open, open.segment.size + line.count > options.batchSize - BatchRequest.envelopeSize {
                seal(&state)
            }
            let file = try openFile(&state)
            try write(line, to: file, &state)
            if let count = state.open?.segment.count, count >= options.batchCount { seal(&state) }
            return makeRoom(&state)
        }
    }

    private func openFile(_ state: inout State) throws(MillraceFailure) -> QueueFile {
        if let open = state.open { return open.file }
        let segment = Segment(number: state.next, count: 0)
        let file = try QueueFile(path(of: segment))
        state.next += 1
        state.open = (segment, file)
        return file
    }

    private func write(_ line: [UInt8], to file: QueueFile, _ state: inout State) throws(MillraceFailure) {
        do {
            try file.append(line)
            if options.syncsEveryMessage { try file.sync() }
        } catch {
            // Half a line would spoil the next one; where it cannot be taken back, the next one begins a file.
            do { try file.truncate(to: state.open?.segment.size ?? 0) } catch { seal(&state) }
            throw error
        }
        state.open?.segment.size += line.count
        state.open?.segment.count? += 1
        state.size += line.count
    }

    private func seal(_ state: inout State) {
        guard let open = state.open else { return }
        state.sealed.append(open.segment)
        state.open = nil
        state.onFull()
    }

    private func makeRoom(_ state: inout State) -> Int {
        var dropped = 0
        while state.size > options.queueSize, let index = state.sealed.firstIndex(where: { $0.number != state.head }) {
            let segment = state.sealed.remove(at: index)
            dropped += segment.count ?? ((try? messages(of: segment))?.count ?? 0)
            unlink(segment, &state)
        }
        return dropped
    }

    private func unlink(_ segment: Segment, _ state: inout State) {
        state.size -= segment.size
        // What cannot be removed is sent again by the next process, with the same ids.
        try? FileManager.default.removeItem(atPath: path(of: segment))
    }
}

/// What sending does with it.
extension MessageQueue {
    /// The oldest segment that has messages, which nobody appends to any more.
    func head() -> Segment? {
        state.withLock { state in
            if state.sealed.isEmpty, let open = state.open, open.segment.size > 0 { seal(&state) }
            state.head = state.sealed.first?.number
            return state.sealed.first
        }
    }

    /// The number of the youngest segment with messages; what comes later goes into others.
    func last() -> Int? {
        state.withLock { state in
            if let open = state.open, open.segment.size > 0 { seal(&state) }
            return state.sealed.last?.number
        }
    }

    /// The messages of a segment in their order; nil where somebody took the file away.
    ///
    /// A line without its end is none.
    func messages(of segment: Segment) throws -> [[UInt8]]? {
        guard FileManager.default.fileExists(atPath: path(of: segment)) else { return nil }
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path(of: segment))))
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        return bytes[..<end].split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    /// Forgets a segment whose messages are settled.
    func remove(_ segment: Segment) {
        state.withLock { state in
            state.sealed.removeAll { $0.number == segment.number }
            state.head = nil
            unlink(segment, &state)
        }
    }

    /// Puts what is waiting on stable storage, as far as it is not yet.
    func sync() throws(MillraceFailure) {
        let waiting = state.withLock { state in state.sealed.filter { !$0.isSynced } }
        for segment in waiting {
            guard FileManager.default.fileExists(atPath: path(of: segment)) else { continue }
            try QueueFile(path(of: segment)).sync()
            state.withLock { state in
                guard let index = state.sealed.firstIndex(where: { $0.number == segment.number }) else { return }
                state.sealed[index].isSynced = true
            }
        }
        try QueueFile.syncDirectory(directory)
    }
}
