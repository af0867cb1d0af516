internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
#if canImport(Glibc)
internal import Glibc
#endif

/// The directory of one session, which the program spills into and may write nowhere else.
///
/// It is locked while the session lasts, and the system lets go of the lock when our process ends, however it ends: a
/// directory whose lock can be had is a leftover.
struct SessionDirectory {
    let path: String
    private let lock: Int32

    /// Makes a new directory below `parent`, and removes those that killed processes left there.
    init(in parent: String) throws {
        Self.sweep(parent)
        while true {
            let path = "\(parent)/\(getpid())-\(UUID().uuidString)"
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw Self.refused(path, parent, error)
            }
            // Whoever sweeps may take the directory before we hold it; then the next one is ours.
            if let lock = Self.lock(path) {
                self.path = path
                self.lock = lock
                return
            }
        }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)  // What is left is swept by a later session.
        close(lock)
    }

    private static func refused(_ path: String, _ parent: String, _ error: any Error) -> PipelineError {
        let reason = (error as? CocoaError)?.underlying as? POSIXError
        let isFull = reason?.code == .ENOSPC || reason?.code == .EDQUOT
        return PipelineError(
            isFull ? .outOfResources : .unauthorized,
            "the directory \(path) cannot be made" + (reason.map { ": \(text(of: $0))" } ?? ""),
            while: "starting DuckDB",
            hint: isFull
                ? "make room on the disk of \(parent), or set `state:` to a directory on another one"
                : "make \(parent) writable for the user that runs millrace, or set `state:` to a directory that is",
            cause: error
        )
    }

    private static func text(of error: POSIXError) -> String { unsafe String(cString: strerror(error.code.rawValue)) }

    /// A descriptor that holds the directory; nil where somebody else does, or it is gone.
    private static func lock(_ path: String) -> Int32? {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, unsafe access(path, F_OK) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func sweep(_ parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
            guard let lock = lock("\(parent)/\(name)") else { continue }
            try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")  // A later session tries again.
            close(lock)
        }
    }
}
