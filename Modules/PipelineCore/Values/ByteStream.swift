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
    public let bytes: [UInt8]
    public let rowCount: Int
    public init(bytes: [UInt8], rowCount: Int) {
        self.bytes = bytes
        self.rowCount = rowCount
    }
}

/// A stream over values that are already there; for tests and small things.
public struct ArrayStream<Element: Sendable>: AsyncSequence, Sendable {
    public typealias Failure = any Error
    private let elements: [Element]
    public init(_ elements: [Element]) { self.elements = elements }

    public struct AsyncIterator: AsyncIteratorProtocol {
        var elements: IndexingIterator<[Element]>
        public mutating func next() async throws -> Element? { elements.next() }
    }
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(elements: elements.makeIterator()) }
}
