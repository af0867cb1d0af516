/// Immutable objects by key, wherever they live: a directory on premises or a bucket.
public protocol ObjectStore: Sendable {
    /// The objects whose keys begin with `prefix` and a slash, sorted by key; temporary files are never among them.
    func list(under prefix: ObjectKey) async throws -> [ObjectInfo]

    /// The object's bytes; throws `notFound` where there is none.
    func read(_ key: ObjectKey) async throws -> ByteStream

    /// Stores an object durably before returning; a reader sees all of it or nothing. Replaces an older one.
    @discardableResult
    func write(_ bytes: ByteStream, to key: ObjectKey) async throws -> ObjectInfo

    /// Opens an object for writing piece by piece, for a caller that passes the bytes on to others as well.
    func writer(for key: ObjectKey) async throws -> any ObjectWriter

    /// Stores an object durably unless the key is taken; false if it was. Of two racing callers exactly one gets true.
    func create(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool

    /// Removes objects; a key without an object is no error.
    func delete(_ keys: [ObjectKey]) async throws

    /// The path under which a program on this machine reads the object, or writes it, or nil where there is none.
    func localPath(of key: ObjectKey) -> String?

    /// Makes files that a program wrote at `localPath(of:)` durable, their names included.
    func sync(_ keys: [ObjectKey]) async throws

    /// The names one level below `prefix`, sorted; a directory without objects may be among them.
    func children(of prefix: ObjectKey) async throws -> [String]

    /// Makes `localPath(of: key)` a directory, durably, that a program can write files into; nothing where there are no
    /// local paths.
    func makeDirectory(at key: ObjectKey) async throws

    /// Tries, changing nothing, that objects can be written; says what is to be done where they cannot.
    func probe() async throws

    /// Removes what interrupted writers left under `prefix` and nobody has touched since `moment`: temporary files,
    /// empty directories, unfinished uploads. Objects stay.
    func sweep(under prefix: ObjectKey, untouchedSince moment: Timestamp) async throws
}

/// An object while it is being written, used by one task at a time.
///
/// Nothing is seen under its key before ``finish()``.
public protocol ObjectWriter: Sendable {
    /// Adds bytes at the end; on return they are the writer's, not yet durable.
    func append(_ bytes: [UInt8]) async throws

    /// Makes the object durable, then visible, replacing an older one. Ends the writer.
    func finish() async throws -> ObjectInfo

    /// Forgets what was appended. Does nothing once the writer has ended, so it is safe at any time.
    func abort() async
}

/// What a listing tells about one object.
public struct ObjectInfo: Sendable, Hashable {
    /// Under what the object is stored.
    public let key: ObjectKey
    /// In bytes.
    public let size: Int64
    /// When the object was written.
    public let modified: Timestamp

    /// What is known of an object.
    public init(key: ObjectKey, size: Int64, modified: Timestamp) {
        self.key = key
        self.size = size
        self.modified = modified
    }
}

extension ObjectStore {
    /// Stores a stream through ``writer(for:)``; a stream that throws, or a cancelled task, leaves nothing behind.
    @discardableResult
    public func write(_ bytes: ByteStream, to key: ObjectKey) async throws -> ObjectInfo {
        let writer = try await writer(for: key)
        do {
            for try await chunk in bytes { try await writer.append(chunk) }
            // A cancelled task's stream may just end: half an object must not pass for a whole one.
            try Task.checkCancellation()
            return try await writer.finish()
        } catch {
            await writer.abort()
            throw error
        }
    }

    /// The names one level below `prefix`, taken from a listing of everything under it.
    public func children(of prefix: ObjectKey) async throws -> [String] {
        let start = prefix.rawValue.isEmpty ? 0 : prefix.rawValue.count + 1
        let names = try await list(under: prefix).compactMap {
            $0.key.rawValue.dropFirst(start).split(separator: "/").first.map(String.init)
        }
        return Set(names).sorted()
    }

    /// Nothing: objects need no directories.
    public func makeDirectory(at key: ObjectKey) async throws {}

    /// Nothing: the first write tells.
    public func probe() async throws {}

    /// Nothing: the store leaves nothing behind.
    public func sweep(under prefix: ObjectKey, untouchedSince moment: Timestamp) async throws {}

    /// The whole object in memory; for logs and manifests, not for data.
    public func contents(of key: ObjectKey) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in try await read(key) { bytes += chunk }
        return bytes
    }
}
