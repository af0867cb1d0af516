internal import NIOCore
internal import PipelineCore

/// A body as it comes, in blocks of about one size: what one body leaves behind is of use to the next.
struct BodyBlocks {
    private static let blockSize = 64 << 10

    private var blocks: [ByteBuffer]
    /// The bytes in all blocks.
    private(set) var count: Int

    /// A body that begins with these bytes.
    init(_ bytes: ByteBuffer = ByteBuffer()) {
        blocks = bytes.readableBytes > 0 ? [bytes] : []
        count = bytes.readableBytes
    }

    /// Adds what has come.
    mutating func append(_ part: ByteBuffer) {
        count += part.readableBytes
        if let last = blocks.last, last.readableBytes + part.readableBytes <= Self.blockSize {
            blocks[blocks.count - 1].writeImmutableBuffer(part)
        } else {
            // A small part of a large buffer would keep all of it.
            let isDense = part.readableBytes > part.storageCapacity / 2
            blocks.append(isDense ? part : ByteBuffer(bytes: part.readableBytesView))
        }
    }

    /// The bytes in one piece, which takes as much memory again unless there is but one block.
    func joined() -> ByteBuffer {
        if blocks.count == 1 { return blocks[0] }
        var whole = ByteBuffer()
        whole.reserveCapacity(count)
        for block in blocks { whole.writeImmutableBuffer(block) }
        return whole
    }

    /// The blocks one by one.
    func stream() -> ByteStream { BlockStream(blocks: blocks) }

    /// Makes an array of a block only when it is asked for.
    private struct BlockStream: AsyncSequence, Sendable {
        typealias Failure = any Error
        let blocks: [ByteBuffer]

        func makeAsyncIterator() -> Iterator { Iterator(blocks: blocks.makeIterator()) }

        struct Iterator: AsyncIteratorProtocol {
            var blocks: IndexingIterator<[ByteBuffer]>

            mutating func next() async throws -> [UInt8]? { blocks.next().map { Array(buffer: $0) } }
        }
    }
}
