internal import BlockingIO
internal import Glibc
internal import PipelineCore
internal import Synchronization

/// The directory that keeps a store's objects as files: every rule of the store, in blocking calls.
///
/// An object is written under a hidden temporary name, synced, given its name and its directory synced: so a name never
/// stands for half an object, and a call that has returned outlives a power cut.
final class ObjectDirectory: Sendable {
    /// Temporary files begin with this, so that no listing shows them.
    static let temporaryPrefix = ".unfinished-"

    /// Absolute, without a slash at the end.
    let root: String
    let files: any FileOperations
    /// Directories whose own names are known to be on stable storage.
    private let durable = Mutex<Set<String>>([])

    init(root: String, files: any FileOperations) {
        self.root = root
        self.files = files
    }

    // MARK: Keys and paths

    /// The path of a key; throws where the key cannot name a file below the root.
    func path(of key: ObjectKey) throws -> String {
        guard let path = pathIfValid(key) else {
            throw PipelineError(
                .invalidConfiguration,
                "'\(key)' cannot be the name of an object",
                while: "finding an object",
                hint:
                    "a key is names joined by single slashes; '.', '..' and names beginning with '\(Self.temporaryPrefix)' are not among them"
            )
        }
        return path
    }

    /// The path of a key, or nil where the key cannot name a file below the root.
    func pathIfValid(_ key: ObjectKey) -> String? {
        let names = key.rawValue.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(
            Substring.init
        )
        let areValid = names.allSatisfy {
            !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) && !$0.hasPrefix(Self.temporaryPrefix)
        }
        return areValid ? root + "/" + key.rawValue : nil
    }

    /// Like ``path(of:)``, but the empty key stands for the root.
    func directoryPath(of prefix: ObjectKey) throws -> String {
        prefix.rawValue.isEmpty ? root : try path(of: prefix)
    }

    static func parent(of path: String) -> String? {
        guard path != "/", let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// What is at a path, or nil where nothing is.
    func statusIfPresent(_ path: String) throws -> FileStatus? {
        do { return try files.status(of: path) } catch let error as FileError where error.isAbsence { return nil }
    }

    /// Throws where a directory between the root and the path is a symbolic link, which could lead out of the store.
    func refuseLinks(above path: String) throws {
        var directory = Self.parent(of: path)
        while let place = directory, place.utf8.count > root.utf8.count {
            if try statusIfPresent(place)?.kind == .symbolicLink {
                throw FileError(number: ELOOP, call: "open", path: place)
            }
            directory = Self.parent(of: place)
        }
    }

    // MARK: Durable names

    /// Makes a directory and those above it where they are missing, with their names on stable storage.
    func makeDurable(_ directory: String) throws {
        if durable.withLock({ $0.contains(directory) }) { return }
        if let parent = Self.parent(of: directory) {
            try makeDurable(parent)
            do { try files.makeDirectory(directory) } catch let error as FileError where error.number == EEXIST {
                let kind = try files.status(of: directory).kind
                let isInside = directory.utf8.count > root.utf8.count
                guard kind == .directory || (kind == .symbolicLink && !isInside) else {
                    throw FileError(number: kind == .symbolicLink ? ELOOP : ENOTDIR, call: "mkdir", path: directory)
                }
            }
            // Directories above the root were there before us, and often nobody but their owner may open them.
            do { try syncEntries(of: parent) } catch let error as FileError
                where parent.utf8.count < root.utf8.count && [EACCES, EPERM, EINVAL, EROFS].contains(error.number)
            {}
        }
        durable.withLock { _ = $0.insert(directory) }
    }

    /// Does something in a directory that is there, durably, and made again if somebody has swept it away meanwhile.
    func within<Result>(_ directory: String, _ body: (String) throws -> Result) throws -> Result {
        var attempts = 0
        while true {
            attempts += 1
            do {
                try makeDurable(directory)
                return try body(directory)
            } catch let error as FileError where error.number == ENOENT && attempts < 5 {
                forget(directory)
            }
        }
    }

    /// Unlearns that a directory is there, after it was found missing.
    func forget(_ directory: String) {
        durable.withLock { known in
            var place: String? = directory
            while let path = place, path.utf8.count >= root.utf8.count {
                known.remove(path)
                place = Self.parent(of: path)
            }
        }
    }

    func syncEntries(of directory: String) throws {
        let descriptor = try files.openDirectory(directory)
        defer { try? files.close(descriptor) }  // nothing was written through it
        try files.sync(descriptor)
    }
}

extension FileError {
    /// Whether nothing is at the path.
    var isAbsence: Bool { number == ENOENT || number == ENOTDIR }
}
