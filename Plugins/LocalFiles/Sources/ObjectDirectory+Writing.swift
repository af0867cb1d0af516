internal import BlockingIO
internal import Glibc
internal import PipelineCore

extension ObjectDirectory {
    /// A file under a temporary name, to become an object.
    struct Draft: Sendable {
        let descriptor: Int32
        let temporaryPath: String
        let path: String
    }

    /// Opens a temporary file beside where the object will be, making the directory where it is missing.
    func begin(_ key: ObjectKey) throws -> Draft {
        let path = try path(of: key)
        return try within(Self.parent(of: path) ?? root) { directory in
            let name = String(UInt64.random(in: .min ... .max), radix: 16)
            let temporaryPath = "\(directory)/\(Self.temporaryPrefix)\(name)"
            return Draft(descriptor: try files.createFile(temporaryPath), temporaryPath: temporaryPath, path: path)
        }
    }

    func append(_ bytes: [UInt8], to draft: Draft) throws {
        var rest = bytes[...]
        do {
            while !rest.isEmpty { rest = rest.dropFirst(try files.write(draft.descriptor, rest)) }
        } catch let error as FileError { throw error.on(draft.path) }
    }

    /// Gives the draft its name, in place of an older object; ends the draft, also where it throws.
    func publish(_ draft: Draft) throws -> FileStatus {
        try complete(draft)
        let status: FileStatus
        do {
            status = try files.status(of: draft.temporaryPath)
            try files.rename(draft.temporaryPath, to: draft.path)
        } catch {
            removeTemporary(draft)
            throw error
        }
        try syncEntries(of: Self.parent(of: draft.path) ?? root)
        return status
    }

    /// Stores an object unless the key is taken; either way, an object is durably there on return.
    func create(_ bytes: [UInt8], at key: ObjectKey) throws -> Bool {
        let path = try path(of: key)
        try refuseLinks(above: path)
        if try statusIfPresent(path) != nil {
            try syncEntries(of: Self.parent(of: path) ?? root)
            return false
        }
        let draft = try begin(key)
        do { try append(bytes, to: draft) } catch {
            discard(draft)
            throw error
        }
        try complete(draft)
        defer { removeTemporary(draft) }
        var isOurs = true
        do { try files.link(draft.temporaryPath, to: path) } catch let error as FileError where error.number == EEXIST {
            isOurs = false
        }
        try syncEntries(of: Self.parent(of: path) ?? root)
        return isOurs
    }

    /// Closes and removes a draft that will not become an object.
    func discard(_ draft: Draft) {
        try? files.close(draft.descriptor)  // nobody will read what was written through it
        removeTemporary(draft)
    }

    /// Puts the draft's bytes on stable storage and closes it; where that fails, the draft is gone.
    ///
    /// After a failed sync the descriptor must never be synced again: the system may have dropped the bytes and would
    /// call the next attempt a success.
    private func complete(_ draft: Draft) throws {
        do { try files.sync(draft.descriptor) } catch {
            discard(draft)
            throw (error as? FileError)?.on(draft.path) ?? error
        }
        do { try files.close(draft.descriptor) } catch {
            removeTemporary(draft)
            throw (error as? FileError)?.on(draft.path) ?? error
        }
    }

    /// Best effort: what is left is hidden, and a sweep removes it.
    private func removeTemporary(_ draft: Draft) { try? files.unlink(draft.temporaryPath) }

    /// Makes a directory and those above it, durably.
    func makeDirectory(at key: ObjectKey) throws {
        try within(try path(of: key)) { _ = try files.status(of: $0) }
    }

    /// Makes files that a program wrote durable, with their names and directories.
    func sync(_ keys: [ObjectKey]) throws {
        var directories: Set<String> = []
        for key in keys {
            try Task.checkCancellation()
            let path = try path(of: key)
            try refuseLinks(above: path)
            guard try files.status(of: path).kind == .file else {
                throw FileError(number: ENOENT, call: "sync", path: path)
            }
            let descriptor = try files.openFile(path)
            defer { try? files.close(descriptor) }  // nothing was written through it
            try files.sync(descriptor)
            directories.insert(Self.parent(of: path) ?? root)
        }
        for directory in directories.sorted() {
            try makeDurable(directory)
            try syncEntries(of: directory)
        }
    }

    /// Removes files; returns once the removal is durable, so that what a vacuum counted stays gone.
    func delete(_ keys: [ObjectKey]) throws {
        var directories: Set<String> = []
        for key in keys {
            try Task.checkCancellation()
            let path = try path(of: key)
            try refuseLinks(above: path)
            do {
                try files.unlink(path)
                directories.insert(Self.parent(of: path) ?? root)
            } catch let error as FileError where error.isAbsence || error.number == EISDIR {}
        }
        for directory in directories {
            do { try syncEntries(of: directory) } catch let error as FileError where error.isAbsence {}
        }
    }
}
