internal import PipelineCore

#if canImport(Glibc)
internal import Glibc
#endif

/// Holds the state directory for one run; the system lets go of it when the process ends, however it ends.
final class RunLock {
    private let descriptor: Int32

    /// Takes the lock at once, or throws `conflict` where another run holds it.
    init(stateDirectory: String) throws {
        let path = stateDirectory + "/run.lock"
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw PipelineError(
                .unauthorized,
                "\(path) cannot be opened: \(unsafe String(cString: strerror(errno)))",
                while: "starting a run",
                hint:
                    "make \(stateDirectory) writable for the user that runs millrace, or set `state:` to another directory"
            )
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(descriptor)
            close(descriptor)
            throw PipelineError(
                .conflict,
                "another run of this pipeline is going on" + (holder.map { ": process \($0)" } ?? ""),
                while: "starting a run",
                hint: "wait for it to end"
            )
        }
        sign()
    }

    deinit {
        flock(descriptor, LOCK_UN)  // A child that is just being started may still hold a copy of the descriptor.
        close(descriptor)
    }

    /// Writes down who holds the lock, for the message that others get.
    private func sign() {
        ftruncate(descriptor, 0)
        let digits = Array("\(getpid())\n".utf8)
        _ = unsafe digits.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    private static func holder(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        let text = String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 10 }, as: UTF8.self)
        return text.isEmpty ? nil : text
    }
}
