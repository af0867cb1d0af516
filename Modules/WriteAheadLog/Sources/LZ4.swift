internal import CLZ4

/// LZ4 blocks, each behind the length of what it holds; the only file that talks to liblz4.
enum LZ4 {
    /// The longest text that is compressed, and the longest that is believed to be in a block, in bytes.
    static let largest = 256 << 20
    private static let lengthSize = 4
    /// Of batches of events this makes blocks of nearly the same size as 1, liblz4's default, a third faster.
    private static let acceleration: Int32 = 4

    static func compressed(_ plain: [UInt8]) -> [UInt8] {
        precondition(plain.count <= largest)
        let room = lengthSize + Int(LZ4_compressBound(Int32(plain.count)))
        return unsafe [UInt8](unsafeUninitializedCapacity: room) { block, count in
            for byte in 0..<lengthSize { unsafe block[byte] = UInt8(truncatingIfNeeded: plain.count >> (8 * byte)) }
            count = lengthSize
            unsafe plain.withUnsafeBytes { plain in
                // SAFETY: the block begins inside of `block`, and has the room that liblz4 says it may need.
                guard let source = plain.baseAddress, let start = block.baseAddress else { return }
                let target = unsafe UnsafeMutableRawPointer(start + lengthSize)
                let limit = Int32(room - lengthSize)
                count += unsafe Int(LZ4_compress_fast(source, target, Int32(plain.count), limit, acceleration))
            }
        }
    }

    /// Nil where the block does not hold exactly what its length says.
    static func plain(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        guard bytes.count >= lengthSize else { return nil }
        let length = Int(bytes.littleEndian(at: 0, as: UInt32.self))
        guard length <= largest else { return nil }
        let block = bytes.dropFirst(lengthSize)
        let plain = unsafe [UInt8](unsafeUninitializedCapacity: length) { plain, count in
            unsafe block.withUnsafeBytes { block in
                // SAFETY: liblz4 reads and writes no further than it is told.
                guard let source = block.baseAddress, let target = plain.baseAddress else { return }
                let written = unsafe LZ4_decompress_safe(source, target, Int32(clamping: block.count), Int32(length))
                count = max(0, Int(written))
            }
        }
        return plain.count == length ? plain : nil
    }
}
