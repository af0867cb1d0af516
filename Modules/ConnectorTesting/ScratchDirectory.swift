internal import Foundation

/// A new empty directory for one test, removed with the value.
public final class ScratchDirectory: Sendable {
    /// The absolute path.
    public let path: String

    /// Makes the directory in the system's temporary directory.
    public init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "millrace-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.resolvingSymlinksInPath().path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of an entry in it.
    public func path(_ name: String) -> String { path + "/" + name }

    /// Writes a file in it, with the directories above; returns the file's path.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

    /// Writes a file in it, with the directories above; returns the file's path.
    @discardableResult
    public func write(_ bytes: [UInt8], to name: String) throws -> String {
        let url = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return url.path
    }

    /// A file's whole text.
    public func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
    }

    /// The names of all files below it, relative and sorted.
    public func files() -> [String] {
        (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).filter {
            var isDirectory: ObjCBool = false
            return unsafe FileManager.default.fileExists(atPath: path($0), isDirectory: &isDirectory)
                && !isDirectory.boolValue
        }.sorted()
    }
}
