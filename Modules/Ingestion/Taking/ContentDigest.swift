internal import Crypto

/// SHA-256 over a file's decompressed content as it streams by, with its length and the digest of its beginning.
struct ContentDigest {
    /// How much of the beginning counts as the head.
    static let headLength = 4096

    private var hasher = SHA256()
    private var headBytes: [UInt8] = []
    private(set) var length: Int64 = 0

    mutating func update(_ bytes: ArraySlice<UInt8>) {
        if headBytes.count < Self.headLength { headBytes += bytes.prefix(Self.headLength - headBytes.count) }
        unsafe bytes.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
        length += Int64(bytes.count)
    }

    /// The digest of everything so far, in hexadecimal.
    var value: String { Self.hexadecimal(hasher.finalize()) }

    /// The digest of the first bytes.
    var head: String {
        var digest = ContentDigest()
        digest.update(headBytes[...])
        return digest.value
    }

    /// Names a content among those of all sources: what two sources take stays apart, however alike it begins.
    static func identity(of digest: String, in source: String) -> String {
        String(hexadecimal(SHA256.hash(data: Array("\(source)\n\(digest)".utf8))).prefix(32))
    }

    private static func hexadecimal(_ digest: SHA256.Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
