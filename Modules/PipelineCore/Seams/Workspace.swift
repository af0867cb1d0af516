/// Local files of one run: written by us, read by the engine, gone after the run.
public protocol Workspace: Sendable {
    /// The directory's absolute path.
    var path: String { get }
    /// Opens a new file for writing; its name must be new in this workspace.
    func file(_ name: String) async throws -> any WorkspaceFile
    /// Removes a file, if it is there.
    func remove(_ name: String) async throws
}

/// A local file that is being written.
public protocol WorkspaceFile: Sendable {
    /// The file's absolute path.
    var path: String { get }
    /// Adds bytes at the end; they may be read once ``finish()`` has returned.
    func append(_ bytes: [UInt8]) async throws
    /// Closes the file. It is not made durable: a run that is killed starts over.
    func finish() async throws
}
