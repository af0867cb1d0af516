/// The calls to the operating system that what must survive a power cut is written with.
///
/// Every method is one system call, so that a test can put a disk in its place that fails at a call, or forgets what was
/// not synced. Paths are absolute; errors are ``FileError``.
public protocol FileOperations: Sendable {
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
    /// Gives the descriptor back.
    func close(_ descriptor: Int32) throws
    /// Gives a file a new name, taking that name from an older file at the same moment.
    func rename(_ path: String, to newPath: String) throws
    /// Gives a file a second name; fails with EEXIST if the name is taken.
    func link(_ path: String, to newPath: String) throws
    /// Removes a file's name.
    func unlink(_ path: String) throws
    /// Makes a directory; fails with EEXIST if the name is taken.
    func makeDirectory(_ path: String) throws
    /// Removes an empty directory.
    func removeDirectory(_ path: String) throws
    /// The names in a directory, in any order.
    func entries(of path: String) throws -> [String]
    /// What is at a path; does not follow a symbolic link.
    func status(of path: String) throws -> FileStatus
}

/// What a path leads to.
public struct FileStatus: Sendable {
    /// What kind of thing it is.
    public enum Kind: Sendable { case file, directory, symbolicLink, other }
    /// What kind of thing it is.
    public let kind: Kind
    /// In bytes.
    public let size: Int64
    /// When the content last changed, in microseconds since 1970.
    public let modified: Int64
    /// What a path leads to.
    public init(kind: Kind, size: Int64, modified: Int64) {
        self.kind = kind
        self.size = size
        self.modified = modified
    }
}

/// A system call that failed.
public struct FileError: Error, Equatable {
    /// The value of `errno`.
    public let number: Int32
    /// What was tried, such as `rename`.
    public let call: String
    /// Empty where the call was about a descriptor.
    public let path: String

    /// A call that failed.
    public init(number: Int32, call: String, path: String) {
        self.number = number
        self.call = call
        self.path = path
    }

    /// The same error of a call about a descriptor, with the file's path.
    public func on(_ path: String) -> FileError {
        self.path.isEmpty ? FileError(number: number, call: call, path: path) : self
    }
}
