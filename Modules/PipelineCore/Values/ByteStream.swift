/// Bytes in chunks, pulled by their consumer; nothing is read ahead of the iteration.
///
/// One element is one chunk (usually 64 KiB to 1 MiB), never one byte.
public typealias ByteStream = any AsyncSequence<[UInt8], any Error> & Sendable

/// Whole rows of canonical CSV, in chunks; see ``RowChunk``.
public typealias RowStream = any AsyncSequence<RowChunk, any Error> & Sendable

/// Some rows of a dataset as canonical CSV, cut at a row boundary, without a header.
///
/// Canonical: UTF-8, RFC 4180 with `,` and `"`, rows end in `\n`; NULL is an empty field without quotes, the empty text
/// is `""`; timestamps are `2026-11-21 07:31:17.123456+00`, dates `2026-11-21`, booleans `true` and `false`.
public struct RowChunk: Sendable, Equatable {
    /// Whole rows, each ended by `\n`.
    public let bytes: [UInt8]
    /// How many rows the bytes hold; line ends inside quotes do not count.
    public let rowCount: Int
    /// Rows that were counted by whoever made them.
    public init(bytes: [UInt8], rowCount: Int) {
        self.bytes = bytes
        self.rowCount = rowCount
    }
}

/// A stream over values that are already there; for tests and small things.
public struct ArrayStream<Element: Sendable>: AsyncSequence, Sendable {
    /// Never thrown; the type is that of the streams it stands in for.
    public typealias Failure = any Error
    private let elements: [Element]
    /// A stream over elements, in order.
    public init(_ elements: [Element]) { self.elements = elements }

    /// Hands out the elements one by one.
    public struct AsyncIterator: AsyncIteratorProtocol {
        var elements: IndexingIterator<[Element]>
        /// The next element; nil at the end.
        public mutating func next() async throws -> Element? { elements.next() }
    }
    /// Begins at the first element, each time.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(elements: elements.makeIterator()) }
}
