internal import CZlib

/// The checksum that gzip uses, for other formats that need one.
public enum Checksum {
    /// CRC-32 (ISO 3309) of bytes that follow those of which `earlier` is the checksum.
    public static func crc32(_ bytes: ArraySlice<UInt8>, after earlier: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var checksum = UInt(earlier)
            var rest = unsafe buffer[...]
            // zlib counts in 32 bits.
            while unsafe !rest.isEmpty {
                let part = unsafe UnsafeBufferPointer(rebasing: rest.prefix(1 << 30))
                checksum = unsafe CZlib.crc32(checksum, part.baseAddress, UInt32(part.count))
                unsafe rest = rest.dropFirst(part.count)
            }
            return UInt32(truncatingIfNeeded: checksum)
        }
    }
}
