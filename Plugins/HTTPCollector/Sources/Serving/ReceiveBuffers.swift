internal import NIOCore

/// Buffers for what is read from a connection, which live no longer than what is in them.
///
/// NIO would keep the last one, or several, for each connection that is open: 64 KiB times thousands, whatever they are
/// doing. That holds with one read at a time, for which it keeps but the first and smallest one.
struct ReceiveBuffers: RecvByteBufferAllocator {
    private var sizes = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 64 << 10)

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { sizes.buffer(allocator: allocator) }

    /// Nil: no buffer is used again.
    func nextBufferSize() -> Int? { nil }

    mutating func record(actualReadBytes count: Int) -> Bool {
        _ = sizes.record(actualReadBytes: count)
        return true
    }
}
