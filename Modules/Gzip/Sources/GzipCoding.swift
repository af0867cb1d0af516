public import PipelineCore

/// Gzip (RFC 1952), streaming in both directions with a fixed amount of memory.
public struct GzipCoding: ContentCoding {
    /// The level used by ``encode(_:)``, 1 (fast) to 12 (small).
    public let level: Int32

    /// Gzip at a compression level of libdeflate; 6 is its default.
    public init(level: Int32 = 6) { self.level = level }

    /// `gz`.
    public var fileExtension: String { "gz" }

    /// The plain bytes of one gzip member or several behind each other.
    public func decode(_ bytes: ByteStream) -> ByteStream { DecodedGzip(bytes: bytes) }

    /// The bytes as a gzip member for each MiB, and one at least.
    public func encode(_ bytes: ByteStream) -> ByteStream { EncodedGzip(bytes: bytes, level: level) }
}

/// Pulls compressed chunks and yields plain ones of at most 256 KiB; members of a multi-member file follow each other.
struct DecodedGzip: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error
    let bytes: ByteStream

    func makeAsyncIterator() -> Iterator { Iterator(bytes: bytes.makeAsyncIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        var bytes: any AsyncIteratorProtocol<[UInt8], any Error>
        var inflater: Inflater?
        var isAtEnd = false

        init(bytes: any AsyncIteratorProtocol<[UInt8], any Error>) { self.bytes = bytes }

        mutating func next() async throws -> [UInt8]? {
            let inflater = try self.inflater ?? Inflater()
            self.inflater = inflater
            while !isAtEnd {
                let plain = try inflater.inflate(limit: 256 * 1024)
                if !plain.isEmpty { return plain }
                guard let chunk = try await bytes.next(isolation: nil) else {
                    isAtEnd = true
                    try inflater.finish()
                    return nil
                }
                inflater.feed(chunk)
            }
            return nil
        }
    }
}

/// Pulls plain chunks and yields whole members.
struct EncodedGzip: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error
    private static let memberSize = 1 << 20
    let bytes: ByteStream
    let level: Int32

    func makeAsyncIterator() -> Iterator { Iterator(bytes: bytes.makeAsyncIterator(), level: level) }

    struct Iterator: AsyncIteratorProtocol {
        var bytes: any AsyncIteratorProtocol<[UInt8], any Error>
        let level: Int32
        var deflater: Deflater?
        /// Plain bytes that are in no member yet.
        var rest: [UInt8] = []

        init(bytes: any AsyncIteratorProtocol<[UInt8], any Error>, level: Int32) {
            self.bytes = bytes
            self.level = level
        }

        mutating func next() async throws -> [UInt8]? {
            while rest.count < EncodedGzip.memberSize, let chunk = try await bytes.next(isolation: nil) {
                rest += chunk
            }
            // Of no bytes at all there is a member too, or the file would be none of gzip's.
            guard !rest.isEmpty || deflater == nil else { return nil }
            let deflater = try self.deflater ?? Deflater(level: level)
            self.deflater = deflater
            defer { rest = Array(rest.dropFirst(EncodedGzip.memberSize)) }
            return deflater.member(rest.prefix(EncodedGzip.memberSize))
        }
    }
}
