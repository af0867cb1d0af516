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
                hint: "make the state directory writable for the user that runs millrace"
            )
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw PipelineError(
                .conflict,
                "another run of this pipeline is going on",
                while: "starting a run",
                hint: "wait for it, or stop it; `millrace runs` shows the runs"
            )
        }
    }

    deinit { close(descriptor) }
}
