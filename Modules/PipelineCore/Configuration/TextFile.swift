#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Reads small files that a config consists of or points at; never data.
public enum TextFile {
    /// Why a file was not read.
    public struct Failure: Error, Sendable, Hashable {
        /// What is wrong with the file, to stand behind its path: "does not exist".
        public let problem: String
    }

    /// The bytes of a regular file; anything else, and a file larger than `limit` bytes, is refused without reading it.
    public static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        // Without O_NONBLOCK the opening of a pipe would wait for its writer.
        let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(problem: problem(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw Failure(problem: problem(errno)) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw Failure(problem: "is a directory, not a file")
        default: throw Failure(problem: "is not a regular file")
        }
        guard status.st_size <= limit else { throw tooLarge(limit) }
        return try contents(of: descriptor, limit: limit)
    }

    /// Files of /proc say that they are empty, and others may grow, so only the end of the file ends the reading.
    private static func contents(of descriptor: Int32, limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fill(&chunk, from: descriptor)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw Failure(problem: problem(errno))
            }
            bytes += chunk[..<count]
            if bytes.count > limit { throw tooLarge(limit) }
        }
    }

    private static func tooLarge(_ limit: Int) -> Failure {
        Failure(problem: "is larger than the \(limit / 1024) KiB that such a file may have")
    }

    private static func problem(_ code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR: "does not exist"
        case EACCES, EPERM: "may not be read by this user"
        default: unsafe "cannot be read: \(String(cString: strerror(code)))"
        }
    }
}

/// Outside of ``TextFile`` so that `read` is the system's.
private func fill(_ chunk: inout [UInt8], from descriptor: Int32) -> Int {
    unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
}
