#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Android)
internal import Android
#endif

/// A file that is appended to by the system's own calls.
final class QueueFile: Sendable {
    let path: String
    private let descriptor: Int32

    /// Makes the file if it is missing.
    init(_ path: String) throws(MillraceFailure) {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .disk(call: "open", path: path, number: errno) }
    }

    deinit { _ = close(descriptor) }

    /// Appends all of the bytes, or throws; then some of them may be there.
    func append(_ bytes: [UInt8]) throws(MillraceFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw failure("write")
            }
        }
    }

    /// Returns when the file's bytes are on stable storage.
    func sync() throws(MillraceFailure) {
        guard fsync(descriptor) == 0 else { throw failure("fsync") }
    }

    /// In bytes.
    func size() throws(MillraceFailure) -> Int {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw failure("lseek") }
        return Int(end)
    }

    func truncate(to size: Int) throws(MillraceFailure) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("ftruncate") }
    }

    /// Holds the file for this process; false where somebody else does.
    ///
    /// The system lets go of it when the process ends, however it ends.
    func lock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Returns when the names in a directory are on stable storage.
    static func syncDirectory(_ path: String) throws(MillraceFailure) {
        let directory = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .disk(call: "open", path: path, number: errno) }
        defer { _ = close(directory) }
        guard fsync(directory) == 0 else { throw .disk(call: "fsync", path: path, number: errno) }
    }

    private func failure(_ call: String) -> MillraceFailure { .disk(call: call, path: path, number: errno) }
}
