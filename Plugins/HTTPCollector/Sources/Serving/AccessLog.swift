internal import BlockingIO
internal import Glibc
internal import PipelineCore
internal import Synchronization
internal import SystemPackage

/// One line of JSON for each request, without anything of who sent it or what.
///
/// Lines are gathered and written about once a second, or when there are many, on a thread of their own: whoever reads
/// them can be slow or stop, and then lines are dropped while requests go on.
final class AccessLog: Sendable {
    /// That of all collectors of the process, on standard output.
    static let standard = AccessLog(output: STDOUT_FILENO)

    private static let portion = 64 << 10
    private static let capacity = 1 << 20

    private struct State {
        var lines: [UInt8] = []
        var isWriting = false
        var dropped: Int64 = 0
        var isTold = false
    }

    private let state = Mutex(State())
    private let writer = DiskQueue(label: "millrace.access-log")
    private let output: CInt

    private let tell: @Sendable (String) -> Void

    /// A log on a descriptor, which stays the caller's; `tell` is told once that lines are dropped, and why.
    init(output: CInt, tell: @escaping @Sendable (String) -> Void = StandardError.tell) {
        self.output = output
        self.tell = tell
    }

    /// How many lines nobody took in time.
    var dropped: Int64 { state.withLock { $0.dropped } }

    /// Whether lines are on their way to whoever reads them.
    var isWriting: Bool { state.withLock { $0.isWriting } }

    /// Adds a request: when it was answered, what for, and how.
    func add(_ entry: Entry) {
        let (isDue, isDropped) = state.withLock { state in
            guard state.lines.count < Self.capacity else { return (false, true) }
            entry.append(to: &state.lines)
            return (state.lines.count > Self.portion && !state.isWriting, false)
        }
        if isDropped { drop(1, "is not read as fast as requests come") }
        if isDue { flush() }
    }

    /// Has written what has been gathered; waits for nothing.
    func flush() {
        let begins = state.withLock { state in
            guard !state.isWriting, !state.lines.isEmpty else { return false }
            state.isWriting = true
            return true
        }
        if begins { Task { await write() } }
    }

    /// Has written what has been gathered, for as long as a reader may take for it.
    func finish() async {
        flush()
        // The caller may have been cancelled, so that waiting needs a task of its own.
        let wait = Task {
            for _ in 0..<100 where isWriting { try await Task.sleep(for: .milliseconds(10)) }
        }
        _ = await wait.result
    }

    private func write() async {
        while let lines = takeLines() {
            do { try await writer.run { [output] in try Self.write(lines, to: output) } } catch {
                drop(lines.count { $0 == UInt8(ascii: "\n") }, "cannot be written (\(error))")
            }
        }
    }

    private func drop(_ count: Int, _ reason: String) {
        let isTold = state.withLock { state in
            state.dropped += Int64(count)
            defer { state.isTold = true }
            return state.isTold
        }
        if !isTold { tell("the access log \(reason): its lines are dropped") }
    }

    private func takeLines() -> [UInt8]? {
        state.withLock { state in
            guard !state.lines.isEmpty else {
                state.isWriting = false
                return nil
            }
            defer { state.lines = [] }
            return state.lines
        }
    }

    private static func write(_ bytes: [UInt8], to output: CInt) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(output, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var reader = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&reader, 1, -1)
            } else if errno != EINTR {
                throw Errno(rawValue: errno)
            }
        }
    }

    /// What is told of a request.
    struct Entry {
        var time: Timestamp
        var method: String
        /// The route and never the path: a path can hold a key.
        var route: String
        var status: Int
        var bytes: Int
        var milliseconds: Double
        /// The name of the key; nil where none fits.
        var source: String?
        var events: Int
        /// Stands in the events as well.
        var requestID: String

        func append(to lines: inout [UInt8]) {
            lines += Array("{\"time\":".utf8)
            lines.append(quoted: time.description)
            for (name, value) in [
                ("method", method), ("route", route), ("source", source ?? ""), ("request_id", requestID),
            ] {
                lines += Array(",\"\(name)\":".utf8)
                lines.append(quoted: value)
            }
            let rounded = (milliseconds * 1000).rounded() / 1000
            lines += Array(",\"status\":\(status),\"bytes\":\(bytes),\"events\":\(events),\"ms\":\(rounded)}\n".utf8)
        }
    }
}
