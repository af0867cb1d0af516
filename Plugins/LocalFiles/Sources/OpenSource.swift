internal import BlockingIO
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
    let identity: Identity

    /// Tells files and directories apart whatever they are called.
    struct Identity: Equatable {
        let device: DeviceID
        let number: Inode
    }

    /// Nil where nothing is, or where a symbolic link leads nowhere.
    static func ifPresent(_ path: String) throws -> SourceStatus? {
        do { return try of(path) } catch let error as PipelineError {
            guard let cause = error.cause as? Errno,
                cause == .noSuchFileOrDirectory || cause == .notDirectory
                    || cause == .tooManySymbolicLinkLevels
            else { throw error }
            return nil
        }
    }

    static func of(_ path: String) throws -> SourceStatus {
        let status = try sourceCall("stat", path) { try Stat(FilePath(path), followTargetSymlink: true) }
        let modified = status.st_mtim
        return SourceStatus(
            isDirectory: status.type == .directory,
            isFile: status.type == .regular,
            size: status.size,
            modified: Timestamp(microseconds: Int64(modified.tv_sec) * 1_000_000 + Int64(modified.tv_nsec) / 1000),
            identity: Identity(device: status.deviceID, number: status.inode)
        )
    }
}

/// The names in a directory of a source, as bytes.
func sourceNames(in path: String) throws -> [[UInt8]] {
    do { return try SystemFiles().names(in: path) } catch let error as FileError {
        throw sourceError(Errno(rawValue: error.number), error.call, path)
    }
}

private func sourceCall<Result>(_ call: String, _ path: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as Errno { throw sourceError(error, call, path) }
}

/// The error that the person who configured the source needs; `notFound` is what has gone since it was listed.
private func sourceError(_ error: Errno, _ call: String, _ path: String) -> PipelineError {
    let (code, hint): (PipelineError.Code, String?) =
        switch error {
        case .noSuchFileOrDirectory, .notDirectory: (.notFound, nil)
        case .permissionDenied, .notPermitted:
            (.unauthorized, "give the user that runs millrace read access, or narrow the source's path")
        case .fileNameTooLong: (.invalidConfiguration, "shorten the path; Linux allows 4096 bytes")
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory: (.outOfResources, nil)
        default: (.unreachable, "look into the system log for what the disk reports")
        }
    return PipelineError(
        code,
        "\(call) on \(path) failed: \(error)",
        while: "reading source files",
        hint: hint,
        cause: error
    )
}
