internal import BlockingIO
public import PipelineCore
internal import SystemPackage

/// Objects as files of a directory on this machine.
///
/// What a call has stored is on stable storage when the call returns, names and directories included. The directory may
/// be used by several processes at once. Symbolic links below it are neither followed nor listed.
public struct LocalObjectStore: ObjectStore {
    let directory: ObjectDirectory
    let queues: DiskQueues

    /// A store in a directory that is made when the first object is; a relative path starts from the working directory.
    public init(root: String) {
        self.init(root: root, files: SystemFiles())
    }

    init(root: String, files: any FileOperations) {
        let start = FilePath(root.hasPrefix("/") ? "/" : SystemFiles.currentDirectory() ?? "/")
        let path = start.pushing(FilePath(root)).lexicallyNormalized().string
        directory = ObjectDirectory(root: path, files: files)
        queues = DiskQueues(label: "millrace.lake")
    }

    /// Lists by walking the directories under the prefix, one `lstat` for each entry.
    public func list(under prefix: ObjectKey) async throws -> [ObjectInfo] {
        try await perform("listing objects") { try $0.list(under: prefix) }
    }

    /// Lists one directory, without those below it.
    public func children(of prefix: ObjectKey) async throws -> [String] {
        try await perform("listing objects") { try $0.children(of: prefix) }
    }

    /// Opens the object at once, so that the stream keeps reading the same bytes when the object is replaced or deleted.
    public func read(_ key: ObjectKey) async throws -> ByteStream {
        let object = try await perform("opening an object") { try $0.open(key) }
        return LocalObjectBytes(object: object, queue: queues.next())
    }

    /// Opens a temporary file beside the object; a writer that is let go of without an end removes it.
    public func writer(for key: ObjectKey) async throws -> any ObjectWriter {
        let draft = try await perform("writing an object") { directory in
            try directory.refuseLinks(above: try directory.path(of: key))
            return try directory.begin(key)
        }
        return LocalObjectWriter(key: key, draft: draft, directory: directory, executor: queues.next().executor)
    }

    /// Stores an object by `link(2)`, which the file system grants to one caller; false is said when the other's object is
    /// durable too.
    public func create(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        try await perform("creating an object") { try $0.create(bytes, at: key) }
    }

    /// Removes objects, durably; directories stay until a sweep.
    public func delete(_ keys: [ObjectKey]) async throws {
        try await perform("deleting objects") { try $0.delete(keys) }
    }

    /// The absolute path of the object's file; nil where the key cannot name one.
    public func localPath(of key: ObjectKey) -> String? { directory.pathIfValid(key) }

    /// Syncs files, their directories and the directories above that are new; `notFound` where one is missing.
    public func sync(_ keys: [ObjectKey]) async throws {
        try await perform("syncing files") { try $0.sync(keys) }
    }

    /// Makes a directory and those above it; one that is there already is no error.
    public func makeDirectory(at key: ObjectKey) async throws {
        try await perform("making a directory") { try $0.makeDirectory(at: key) }
    }

    /// Looks at the permissions of the directory, or of what it would be made in.
    public func probe() async throws { try await perform("looking for the lake") { try $0.probe() } }

    /// Removes old temporary files, and directories that were empty and old when the sweep began.
    public func sweep(under prefix: ObjectKey, untouchedSince moment: Timestamp) async throws {
        try await perform("sweeping up after interrupted writers") {
            try $0.sweep(under: prefix, untouchedSince: moment)
        }
    }

    private func perform<Result: Sendable>(
        _ operation: String,
        _ work: @Sendable (ObjectDirectory) throws -> Result
    ) async throws -> Result {
        do { return try await queues.next().run { try work(directory) } } catch let error as FileError {
            throw error.pipelineError(while: operation)
        }
    }
}

extension Connector where Part == any ObjectStore {
    /// `lake: { use: local, path: data/lake }`.
    public static var local: Connector {
        Connector(name: "local", summary: "A directory on this machine") { block in
            let path = block.require(
                "path",
                .text(example: "data/lake"),
                "The directory of the lake; relative to the config file, made when needed"
            )
            return { context in LocalObjectStore(root: context.resolve(path)) }
        }
    }
}
