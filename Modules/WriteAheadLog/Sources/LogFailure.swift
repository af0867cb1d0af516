internal import BlockingIO
internal import Glibc
internal import PipelineCore

/// What failed while the log was written or read, as its user is told.
struct LogFailure {
    private let error: any Error
    private let directory: String

    init(_ error: any Error, directory: String) {
        self.error = error
        self.directory = directory
    }

    /// After a failed sync the kernel may have dropped what it could not write, and a later sync would say nothing of it
    /// (https://wiki.postgresql.org/wiki/Fsync_Errors).
    var isFinal: Bool { (error as? FileError)?.call == "fsync" }

    var pipelineError: PipelineError {
        if let error = error as? PipelineError { return error }
        guard let error = error as? FileError else {
            return PipelineError(.internalError, "\(error)", while: "using the log in \(directory)", cause: error)
        }
        let place = error.path.isEmpty ? directory : error.path
        let message = "\(error.call) failed on \(place): \(unsafe String(cString: strerror(error.number)))"
        let make = { (code: PipelineError.Code, hint: String, recovery: PipelineError.Recovery) in
            PipelineError(code, message, while: "using the log", hint: hint, recovery: recovery, cause: error)
        }
        if isFinal {
            return make(.unreachable, "look into the system log for what the disk reports, then restart", .stop)
        }
        return switch error.number {
        case ENOSPC, EDQUOT: make(.outOfResources, "make room on the disk", .retry(after: .seconds(10)))
        case EMFILE, ENFILE: make(.outOfResources, "let more files be open (ulimit -n)", .retry(after: .seconds(10)))
        case EACCES, EPERM, EROFS:
            make(.unauthorized, "make the directory writable for the user that runs millrace", .stop)
        default: make(.unreachable, "look into the system log for what the disk reports", .retry(after: .seconds(10)))
        }
    }
}
