internal import BlockingIO
internal import Glibc
internal import PipelineCore

extension ObjectDirectory {
    /// Opens an object for reading.
    func open(_ key: ObjectKey) throws -> OpenObject {
        let path = try path(of: key)
        try refuseLinks(above: path)
        guard try files.status(of: path).kind == .file else {
            throw FileError(number: ENOENT, call: "open", path: path)
        }
        return OpenObject(descriptor: try files.openFile(path), files: files)
    }

    /// The objects below a prefix, sorted by key.
    func list(under prefix: ObjectKey) throws -> [ObjectInfo] {
        var found: [ObjectInfo] = []
        let directory = try directoryPath(of: prefix)
        try refuseLinks(above: directory + "/")
        try walk(directory) { path, name, status in
            guard status.kind == .file, !name.hasPrefix(Self.temporaryPrefix) else { return }
            let key = ObjectKey(rawValue: String(Substring(path.utf8.dropFirst(root.utf8.count + 1))))
            found.append(ObjectInfo(key: key, size: status.size, modified: Timestamp(microseconds: status.modified)))
        }
        return found.sorted { $0.key < $1.key }
    }

    /// The names in the prefix's directory, sorted; links and temporary files are not among them.
    func children(of prefix: ObjectKey) throws -> [String] {
        let directory = try directoryPath(of: prefix)
        try refuseLinks(above: directory + "/")
        guard try statusIfPresent(directory)?.kind == .directory else { return [] }
        return try files.entries(of: directory).filter { name in
            guard !name.hasPrefix(Self.temporaryPrefix) else { return false }
            let kind = try statusIfPresent(directory + "/" + name)?.kind
            return kind == .file || kind == .directory
        }.sorted()
    }

    /// Removes temporary files and empty directories below a prefix that nobody has touched since a moment.
    func sweep(under prefix: ObjectKey, untouchedSince moment: Timestamp) throws {
        let directory = try directoryPath(of: prefix)
        try refuseLinks(above: directory + "/")
        var directories: [String] = []
        try walk(directory) { path, name, status in
            guard Timestamp(microseconds: status.modified) < moment else { return }
            if status.kind == .directory {
                directories.append(path)
            } else if status.kind == .file, name.hasPrefix(Self.temporaryPrefix) {
                do { try files.unlink(path) } catch let error as FileError where error.isAbsence {}
            }
        }
        // The walk sees a directory before what is in it, so that the reverse empties from below.
        for path in directories.reversed() {
            do {
                try files.removeDirectory(path)
                forget(path)
            } catch let error as FileError where error.isAbsence || error.number == ENOTEMPTY || error.number == EEXIST
            {}
        }
    }

    /// Visits everything below a directory that is no link; what vanishes meanwhile is left out.
    private func walk(
        _ directory: String,
        visit: (_ path: String, _ name: String, _ status: FileStatus) throws -> Void
    ) throws {
        guard try statusIfPresent(directory)?.kind == .directory else { return }
        var pending = [directory]
        while let directory = pending.popLast() {
            try Task.checkCancellation()
            let names: [String]
            do { names = try files.entries(of: directory) } catch let error as FileError where error.isAbsence {
                continue
            }
            for name in names {
                let path = directory + "/" + name
                guard let status = try statusIfPresent(path) else { continue }
                try visit(path, name, status)
                if status.kind == .directory { pending.append(path) }
            }
        }
    }
}

/// An object's file, open for reading for as long as somebody holds this.
final class OpenObject: Sendable {
    private let descriptor: Int32
    private let files: any FileOperations

    init(descriptor: Int32, files: any FileOperations) {
        self.descriptor = descriptor
        self.files = files
    }

    deinit { try? files.close(descriptor) }  // nothing was written through it

    func read(at offset: Int64, count: Int) throws -> [UInt8] {
        try files.read(descriptor, at: offset, count: count)
    }
}
