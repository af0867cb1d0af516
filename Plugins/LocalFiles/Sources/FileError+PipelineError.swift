internal import BlockingIO
internal import Glibc
internal import PipelineCore
internal import SystemPackage

extension FileError {
    /// The error as it crosses the seam; `operation` is what the store was doing, as a gerund.
    func pipelineError(while operation: String) -> PipelineError {
        let place = path.isEmpty ? "" : " on \(path)"
        let message = "\(call)\(place) failed: \(Errno(rawValue: number))"
        let make = { (code: PipelineError.Code, hint: String?, recovery: PipelineError.Recovery) in
            PipelineError(code, message, while: operation, hint: hint, recovery: recovery, cause: self)
        }
        return switch number {
        case ENOENT, ENOTDIR: make(.notFound, nil, .stop)
        case EACCES, EPERM: make(.unauthorized, "give the user that runs this program access to the lake", .stop)
        case EROFS: make(.unauthorized, "the file system is mounted read-only", .stop)
        case ELOOP: make(.unauthorized, "the lake follows no symbolic links; use a bind mount", .stop)
        case ENOSPC, EDQUOT: make(.outOfResources, "make room on the disk of the lake", .retry(after: .seconds(30)))
        case EMFILE, ENFILE, ENOMEM, EAGAIN: make(.outOfResources, nil, .retry(after: .seconds(5)))
        case ENAMETOOLONG, EINVAL: make(.invalidConfiguration, "the name cannot be stored on this file system", .stop)
        case EEXIST, EISDIR, ENOTEMPTY: make(.conflict, "something else has that name", .stop)
        default: make(.unreachable, "look into the system log for what the disk reports", .stop)
        }
    }
}
