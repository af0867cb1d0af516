internal import PipelineCore

/// The calls to the operating system that the object store makes.
///
/// Every method is one system call, so that a test can put a disk in its place that fails at a call, or forgets what was
/// not synced. Paths are absolute; errors are ``FileError``.
protocol FileOperations: Sendable {
    /// Opens a file for reading; refuses a symbolic link.
    func openFile(_ path: String) throws -> Int32
    /// Creates a file for writing; fails with EEXIST if the name is taken.
    func createFile(_ path: String) throws -> Int32
    /// Opens a directory, for syncing its entries.
    func openDirectory(_ path: String) throws -> Int32
    /// At most `count` bytes from `offset` on; none at the end of the file.
    func read(_ descriptor: Int32, at offset: Int64, count: Int) throws -> [UInt8]
    /// Appends some of the bytes, at least one; returns how many.
    func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) throws -> Int
    /// Returns when a file's bytes, or a directory's entries, are on stable storage.
    func sync(_ descriptor: Int32) throws
    func close(_ descriptor: Int32) throws
    /// Gives a file a new name, taking that name from an older file at the same moment.
    func rename(_ path: String, to newPath: String) throws
    /// Gives a file a second name; fails with EEXIST if the name is taken.
    func link(_ path: String, to newPath: String) throws
    func unlink(_ path: String) throws
    func makeDirectory(_ path: String) throws
    func removeDirectory(_ path: String) throws
    /// The names in a directory, in any order.
    func entries(of path: String) throws -> [String]
    /// What is at a path; does not follow a symbolic link.
    func status(of path: String) throws -> FileStatus
}

/// What a path leads to.
struct FileStatus: Sendable {
    enum Kind: Sendable { case file, directory, symbolicLink, other }
    let kind: Kind
    /// In bytes.
    let size: Int64
    let modified: Timestamp
}

/// A system call that failed.
struct FileError: Error, Equatable {
    /// The value of `errno`.
    let number: Int32
    /// What was tried, such as `rename`.
    let call: String
    /// Empty where the call was about a descriptor.
    let path: String

    /// The same error of a call about a descriptor, with the file's path.
    func on(_ path: String) -> FileError {
        self.path.isEmpty ? FileError(number: number, call: call, path: path) : self
    }
}
