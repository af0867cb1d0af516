internal import Glibc
internal import PipelineCore
internal import SystemPackage

/// A file of a source, open for reading until it is let go of.
final class OpenSource: Sendable {
    private let descriptor: FileDescriptor
    private let path: String

    init(_ path: String) throws {
        self.path = path
        descriptor = try sourceCall("open", path) {
            try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        }
    }

    deinit { try? descriptor.close() }  // Nothing was written, so nothing can be lost.

    /// At most `count` bytes from `offset` on; none at the end.
    func read(at offset: Int64, count: Int) throws -> [UInt8] {
        try sourceCall("read", path) {
            try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = try unsafe descriptor.read(
                    fromAbsoluteOffset: offset,
                    into: UnsafeMutableRawBufferPointer(buffer)
                )
            }
        }
    }
}

/// What a path of a source leads to, symbolic links followed.
struct SourceStatus {
    let isDirectory: Bool
    let isFile: Bool
    let size: Int64
    let modified: Timestamp

    static func of(_ path: String) throws -> SourceStatus {
        let status = try sourceCall("stat", path) { try Stat(FilePath(path), followTargetSymlink: true) }
        let modified = status.st_mtim
        return SourceStatus(
            isDirectory: status.type == .directory,
            isFile: status.type == .regular,
            size: status.size,
            modified: Timestamp(microseconds: Int64(modified.tv_sec) * 1_000_000 + Int64(modified.tv_nsec) / 1000)
        )
    }
}

/// Turns a failed call into the error that the person who configured the source needs.
private func sourceCall<Result>(_ call: String, _ path: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as Errno {
        let hint = error == .permissionDenied ? "give the user that runs millrace read access" : nil
        throw PipelineError(
            error == .noSuchFileOrDirectory ? .notFound : error == .permissionDenied ? .unauthorized : .unreachable,
            "\(call) on \(path) failed: \(error)",
            while: "reading source files",
            hint: hint,
            cause: error
        )
    }
}
