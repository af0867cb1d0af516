internal import Glibc
internal import SystemPackage

/// The file system of this machine.
///
/// All pointers that file operations need are in this file. Errors are ``FileError``.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
public struct SystemFiles: FileOperations {
    private let isPrivate: Bool

    /// Private files and directories that are made are for this user alone.
    public init(isPrivate: Bool = false) { self.isPrivate = isPrivate }

    public func openFile(_ path: String) throws -> Int32 {
        try attempt("open", path) {
            try FileDescriptor.open(FilePath(path), .readOnly, options: [.noFollow, .closeOnExec]).rawValue
        }
    }

    public func createFile(_ path: String) throws -> Int32 {
        try attempt("create", path) {
            try FileDescriptor.open(
                FilePath(path),
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: FilePermissions(rawValue: isPrivate ? 0o600 : 0o666)
            ).rawValue
        }
    }

    public func openDirectory(_ path: String) throws -> Int32 {
        try attempt("open", path) {
            try FileDescriptor.open(FilePath(path), .readOnly, options: [.directory, .closeOnExec]).rawValue
        }
    }

    public func read(_ descriptor: Int32, at offset: Int64, count: Int) throws -> [UInt8] {
        try attempt("read", "") {
            try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = try unsafe FileDescriptor(rawValue: descriptor)
                    .read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }

    public func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) throws -> Int {
        try attempt("write", "") {
            try unsafe bytes.withUnsafeBytes { try unsafe FileDescriptor(rawValue: descriptor).write($0) }
        }
    }

    public func sync(_ descriptor: Int32) throws {
        try check("fsync", "") { Glibc.fsync(descriptor) }
    }

    public func close(_ descriptor: Int32) throws {
        try attempt("close", "") { try FileDescriptor(rawValue: descriptor).close() }
    }

    public func rename(_ path: String, to newPath: String) throws {
        try check("rename", newPath) { unsafe Glibc.rename(path, newPath) }
    }

    public func link(_ path: String, to newPath: String) throws {
        try check("link", newPath) { unsafe Glibc.link(path, newPath) }
    }

    public func unlink(_ path: String) throws {
        try check("unlink", path) { unsafe Glibc.unlink(path) }
    }

    public func makeDirectory(_ path: String) throws {
        try check("mkdir", path) { unsafe Glibc.mkdir(path, isPrivate ? 0o700 : 0o777) }
    }

    /// Makes a directory and those above it, where they are missing; not durable.
    public func makeDirectories(_ path: String) throws {
        do { try makeDirectory(path) } catch let error as FileError where error.number == EEXIST {} catch let error
            as FileError where error.number == ENOENT
        {
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw error }
            try makeDirectories(String(path[..<slash]))
            try makeDirectory(path)
        }
    }

    public func removeDirectory(_ path: String) throws {
        try check("rmdir", path) { unsafe Glibc.rmdir(path) }
    }

    public func entries(of path: String) throws -> [String] {
        // A name that is not UTF-8 cannot be a key, so it is none of ours.
        try names(in: path).compactMap { String(validating: $0, as: UTF8.self) }
    }

    /// The names in a directory as the file system has them: any bytes but `/` and NUL.
    public func names(in path: String) throws -> [[UInt8]] {
        guard let stream = unsafe opendir(path) else { throw FileError(number: errno, call: "opendir", path: path) }
        defer { unsafe closedir(stream) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        guard errno == 0 else { throw FileError(number: errno, call: "readdir", path: path) }
        return names
    }

    public func status(of path: String) throws -> FileStatus {
        let status = try attempt("lstat", path) { try Stat(FilePath(path), followTargetSymlink: false) }
        let kind: FileStatus.Kind =
            switch status.type {
            case .regular: .file
            case .directory: .directory
            case .symbolicLink: .symbolicLink
            default: .other
            }
        let modified = status.st_mtim
        return FileStatus(
            kind: kind,
            size: status.size,
            modified: Int64(modified.tv_sec) * 1_000_000 + Int64(modified.tv_nsec) / 1000
        )
    }

    /// The directory that relative paths of this process start from.
    public static func currentDirectory() -> String? {
        guard let buffer = unsafe getcwd(nil, 0) else { return nil }
        defer { unsafe free(buffer) }
        return unsafe String(validatingCString: buffer)
    }

    private func attempt<Result>(_ call: String, _ path: String, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as Errno {
            throw FileError(number: error.rawValue, call: call, path: path)
        }
    }

    private func check(_ call: String, _ path: String, _ body: () -> Int32) throws {
        while body() != 0 {
            guard errno == EINTR else { throw FileError(number: errno, call: call, path: path) }
        }
    }
}
