internal import CDeflate
internal import PipelineCore

/// Compresses to gzip members; this is the only file that talks to libdeflate.
@safe final class Deflater {
    private let compressor: OpaquePointer

    init(level: Int32) throws {
        guard let compressor = unsafe libdeflate_alloc_compressor(level) else {
            throw PipelineError(.outOfResources, "libdeflate could not start", while: "compressing gzip")
        }
        unsafe self.compressor = compressor
    }

    deinit { unsafe libdeflate_free_compressor(compressor) }

    /// The bytes as one member.
    func member(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let room = unsafe libdeflate_gzip_compress_bound(compressor, bytes.count)
        return unsafe [UInt8](unsafeUninitializedCapacity: room) { output, count in
            unsafe bytes.withUnsafeBytes { input in
                // SAFETY: libdeflate reads and writes no further than it is told; of no bytes it reads none.
                count = unsafe libdeflate_gzip_compress(
                    compressor,
                    input.baseAddress,
                    input.count,
                    output.baseAddress,
                    room
                )
            }
        }
    }
}

/// The checksum that gzip uses, for other formats that need one.
public enum Checksum {
    /// CRC-32 (ISO 3309).
    public static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe libdeflate_crc32(0, $0.baseAddress, $0.count) }
    }
}
