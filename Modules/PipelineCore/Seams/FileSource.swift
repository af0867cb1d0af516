/// A place that files are taken from: a directory on premises or a bucket.
public protocol FileSource: Sendable {
    /// The files that are there now, sorted by path, each path once; throws where the place cannot be read, not where it is
    /// empty, and `conflict` where two paths are equal by `==` though not by their bytes.
    func list() async throws -> [SourceFile]

    /// The file's bytes from `offset` on, as they are stored (still compressed); none from its end on.
    ///
    /// Throws `notFound`, and only then, where the file has gone since it was listed. All bytes are of one content, also
    /// if the file is replaced meanwhile; those that are added to it may follow. A cancelled stream throws.
    func read(_ file: SourceFile, from offset: Int64) async throws -> ByteStream
}

/// A file as a listing shows it.
public struct SourceFile: Sendable, Hashable {
    /// Names the file for people and in the ledger; the same file has the same path in every listing.
    public let path: String
    /// In bytes, as stored.
    public let size: Int64
    /// When its content last changed, as the place itself tells.
    public let modified: Timestamp
    /// A file as a listing shows it.
    public init(path: String, size: Int64, modified: Timestamp) {
        self.path = path
        self.size = size
        self.modified = modified
    }
}
