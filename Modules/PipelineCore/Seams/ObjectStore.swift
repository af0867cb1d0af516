/// Immutable objects by key, wherever they live: a directory on premises or a bucket.
public protocol ObjectStore: Sendable {
    /// The objects whose keys begin with `prefix` and a slash, sorted by key; temporary files are never among them.
    func list(under prefix: ObjectKey) async throws -> [ObjectInfo]

    /// The object's bytes; throws `notFound` where there is none.
    func read(_ key: ObjectKey) async throws -> ByteStream

    /// Stores an object durably before returning; a reader sees all of it or nothing. Replaces an older one.
    @discardableResult
    func write(_ bytes: ByteStream, to key: ObjectKey) async throws -> ObjectInfo

    /// Stores an object durably unless the key is taken; false if it was. Of two racing callers exactly one gets true.
    func create(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool

    /// Removes objects; a key without an object is no error.
    func delete(_ keys: [ObjectKey]) async throws

    /// The path under which a program on this machine reads the object, or writes it, or nil where there is none.
    func localPath(of key: ObjectKey) -> String?

    /// Makes files that a program wrote at `localPath(of:)` durable, their names included.
    func sync(_ keys: [ObjectKey]) async throws
}

/// What a listing tells about one object.
public struct ObjectInfo: Sendable, Hashable {
    public let key: ObjectKey
    /// In bytes.
    public let size: Int64
    public let modified: Timestamp
    public init(key: ObjectKey, size: Int64, modified: Timestamp) {
        self.key = key
        self.size = size
        self.modified = modified
    }
}

extension ObjectStore {
    /// The whole object in memory; for logs and manifests, not for data.
    public func contents(of key: ObjectKey) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in try await read(key) { bytes += chunk }
        return bytes
    }
}
