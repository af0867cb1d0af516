public import BlockingIO
internal import Glibc
internal import PipelineCore
internal import Synchronization

/// A disk in memory for tests of durability: it stops or fails at a chosen system call, and after a restart it holds
/// what was synced and as much or as little of the rest as the test chooses.
///
/// It promises no more than POSIX does: syncing a file saves its bytes, not its name; names are saved by syncing their
/// directory; without that, changes of names may be kept or lost in any combination; a failed sync loses the bytes for
/// good, even if a later one succeeds.
public final class SimulatedDisk: FileOperations {
    /// What goes wrong, and when; calls count from 1.
    public enum Fault: Sendable {
        /// Nothing.
        case none
        /// The machine stops before a call; every call from then on fails.
        case stop(before: Int)
        /// A call fails with an error number, and all later ones too if it is lasting.
        case fail(at: Int, number: Int32, isLasting: Bool)
        /// Every write takes only some of the bytes.
        case shortWrites
    }

    /// What a restart finds besides what was synced.
    public enum Survival: Sendable, Hashable {
        /// Nothing.
        case onlySynced
        /// All of it: the process died, the machine did not.
        case everything
        /// Some of it, chosen by a seed: names in any combination, bytes torn at 512 or replaced by zeros.
        case some(seed: UInt64)
    }

    /// The machine has stopped.
    public struct Stopped: Error {}

    private let fault: Fault
    private let state: Mutex<SimulatedDiskState>

    /// An empty disk.
    public convenience init(_ fault: Fault = .none) { self.init(fault, state: SimulatedDiskState()) }

    private init(_ fault: Fault, state: SimulatedDiskState) {
        self.fault = fault
        self.state = Mutex(state)
    }

    /// How many calls have been made.
    public var calls: Int { state.withLock { $0.calls } }

    /// The disk after a power cut and a restart.
    public func restarted(_ survival: Survival, fault: Fault = .none) -> SimulatedDisk {
        SimulatedDisk(fault, state: state.withLock { $0.restarted(survival) })
    }

    /// Writes a file as a program of another vendor would: directories included, nothing synced, no faults.
    public func writeUnsynced(_ bytes: [UInt8], to path: String) {
        state.withLock { state in
            var directory = 0
            let names = path.split(separator: "/").map(String.init)
            for name in names.dropLast() {
                directory =
                    state.nodes[directory].entries[name] ?? state.add(isDirectory: true, named: name, in: directory)
            }
            guard let name = names.last else { return }
            let file = state.add(isDirectory: false, named: name, in: directory)
            state.nodes[file].content = bytes
        }
    }

    /// The bytes of a file, or nil where there is none; without faults.
    public func contents(of path: String) -> [UInt8]? {
        state.withLock { state in
            state.find(path).flatMap { state.nodes[$0].isDirectory ? nil : state.nodes[$0].content }
        }
    }

    /// Runs a call: counts it, fails it if its turn has come, and turns error numbers into errors.
    private func call<Result: Sendable>(
        _ name: String,
        _ path: String,
        _ body: (inout SimulatedDiskState) throws(SystemNumber) -> Result
    ) throws -> Result {
        let outcome: (result: Result?, number: Int32) = try state.withLock { state in
            state.calls += 1
            switch fault {
            case .stop(let turn) where state.calls >= turn: throw Stopped()
            case .fail(let turn, let number, let isLasting)
            where state.calls == turn || (isLasting && state.calls > turn):
                if name == "fsync" { state.loseUnsynced() }
                return (nil, number)
            default: break
            }
            do throws(SystemNumber) { return (try body(&state), 0) } catch { return (nil, error.value) }
        }
        guard let result = outcome.result else { throw FileError(number: outcome.number, call: name, path: path) }
        return result
    }
}

extension SimulatedDisk {
    /// As `open(2)` for reading a file.
    public func openFile(_ path: String) throws -> Int32 {
        try call("open", path) { state throws(SystemNumber) in state.open(try state.required(path)) }
    }

    /// As `open(2)` with O_CREAT and O_EXCL.
    public func createFile(_ path: String) throws -> Int32 {
        try call("create", path) { state throws(SystemNumber) in
            let (directory, name) = try state.place(path)
            return state.open(state.add(isDirectory: false, named: name, in: directory))
        }
    }

    /// As `open(2)` with O_DIRECTORY.
    public func openDirectory(_ path: String) throws -> Int32 {
        try call("open", path) { state throws(SystemNumber) in
            let node = try state.required(path)
            guard state.nodes[node].isDirectory else { throw SystemNumber(ENOTDIR) }
            return state.open(node)
        }
    }

    /// As `pread(2)`.
    public func read(_ descriptor: Int32, at offset: Int64, count: Int) throws -> [UInt8] {
        try call("read", "") { state throws(SystemNumber) in
            Array(state.nodes[try state.node(descriptor)].content.dropFirst(Int(offset)).prefix(count))
        }
    }

    /// As `write(2)` at the end of the file.
    public func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) throws -> Int {
        try call("write", "") { state throws(SystemNumber) in
            let node = try state.node(descriptor)
            var count = bytes.count
            if case .shortWrites = fault { count = max(1, count / 3) }
            state.nodes[node].content += bytes.prefix(count)
            state.nodes[node].modified = state.now
            return count
        }
    }

    /// As `fsync(2)`, on a file or a directory.
    public func sync(_ descriptor: Int32) throws {
        try call("fsync", "") { state throws(SystemNumber) in state.sync(try state.node(descriptor)) }
    }

    /// As `close(2)`.
    public func close(_ descriptor: Int32) throws {
        try call("close", "") { state throws(SystemNumber) in
            guard state.descriptors.removeValue(forKey: descriptor) != nil else { throw SystemNumber(EBADF) }
        }
    }

    /// As `rename(2)` within one directory.
    public func rename(_ path: String, to newPath: String) throws {
        try call("rename", newPath) { state throws(SystemNumber) in
            let (directory, name) = try state.parent(path)
            let (target, newName) = try state.parent(newPath)
            guard let node = state.nodes[directory].entries[name] else { throw SystemNumber(ENOENT) }
            guard directory == target else { throw SystemNumber(EXDEV) }
            state.change(directory, .move(from: name, to: newName, node: node))
        }
    }

    /// As `link(2)`.
    public func link(_ path: String, to newPath: String) throws {
        try call("link", newPath) { state throws(SystemNumber) in
            let node = try state.required(path)
            let (directory, name) = try state.place(newPath)
            state.change(directory, .set(name, node: node))
        }
    }

    /// As `unlink(2)`.
    public func unlink(_ path: String) throws {
        try call("unlink", path) { state throws(SystemNumber) in
            let node = try state.required(path)
            guard !state.nodes[node].isDirectory else { throw SystemNumber(EISDIR) }
            let (directory, name) = try state.parent(path)
            state.change(directory, .remove(name))
        }
    }

    /// As `mkdir(2)`.
    public func makeDirectory(_ path: String) throws {
        try call("mkdir", path) { state throws(SystemNumber) in
            guard path != "/" else { throw SystemNumber(EEXIST) }
            let (directory, name) = try state.place(path)
            _ = state.add(isDirectory: true, named: name, in: directory)
        }
    }

    /// As `rmdir(2)`.
    public func removeDirectory(_ path: String) throws {
        try call("rmdir", path) { state throws(SystemNumber) in
            let node = try state.required(path)
            guard state.nodes[node].isDirectory else { throw SystemNumber(ENOTDIR) }
            guard state.nodes[node].entries.isEmpty else { throw SystemNumber(ENOTEMPTY) }
            let (directory, name) = try state.parent(path)
            state.change(directory, .remove(name))
        }
    }

    /// As `readdir(3)` to the end.
    public func entries(of path: String) throws -> [String] {
        try call("readdir", path) { state throws(SystemNumber) in
            let node = try state.required(path)
            guard state.nodes[node].isDirectory else { throw SystemNumber(ENOTDIR) }
            return Array(state.nodes[node].entries.keys)
        }
    }

    /// As `lstat(2)`.
    public func status(of path: String) throws -> FileStatus {
        try call("lstat", path) { state throws(SystemNumber) in
            let node = state.nodes[try state.required(path)]
            return FileStatus(
                kind: node.isDirectory ? .directory : .file,
                size: Int64(node.content.count),
                modified: node.modified.microseconds
            )
        }
    }
}
