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
    var head: String { Self.head(of: headBytes, length: Int64(Self.headLength)) }

    /// The digest that a shorter content would have as its head.
    static func head(of bytes: [UInt8], length: Int64) -> String {
        var hasher = SHA256()
        unsafe bytes.prefix(Int(min(length, Int64(headLength)))).withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
        return hexadecimal(hasher.finalize())
    }

    private static func hexadecimal(_ digest: SHA256.Digest) -> String {
        let digits = Array("0123456789abcdef")
        return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
