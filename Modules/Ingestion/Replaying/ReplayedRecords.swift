internal import PipelineCore
internal import Synchronization

/// Records that were dead letters, on their way into a spool, each with the file and the position that it had from the start.
struct ReplayedRecords {
    /// How they come from the engine, and how they are kept in the raw zone: as canonical CSV.
    static let columns: [Field] = [
        Field("file_id", .varchar), Field("row", .bigint), Field("path", .varchar), Field("arrival", .bigint),
        Field("record", .varchar),
    ]

    private struct File: Hashable {
        let id: String
        let path: String
        let arrival: Int64
    }

    private var reader = CanonicalCSVReader(
        DatasetDefinition(name: "replayed_records", summary: "", schema: Schema(columns))
    )
    private var files: [(file: File, rows: Int64)] = []
    private var indexes: [File: Int] = [:]
    private var lines: [UInt8] = []
    private var rows: Int64 = 0
    private var longest = 0
    /// Records that no engine should be given, by reason.
    private(set) var refused: [String: Int64] = [:]

    /// Spools whole rows of canonical CSV.
    mutating func take(_ chunk: [UInt8], into spool: inout Spool) async throws {
        try read(chunk)
        try await spool.append(lines, rows: rows, longest: longest, shape: .objects)
        lines.removeAll(keepingCapacity: true)
        rows = 0
    }

    /// Tells the spool which files the records are of.
    func finish(_ spool: inout Spool) {
        for (file, rows) in files {
            var entry = LandedFile(
                path: file.path,
                fileID: file.id,
                size: 0,
                modified: 0,
                arrival: file.arrival,
                coding: nil
            )
            entry.rows = rows
            spool.add(entry, nil, shape: .lines)
        }
    }

    private mutating func read(_ chunk: [UInt8]) throws {
        let bytes = chunk.span
        var offset = 0
        while try reader.readRow(of: bytes, at: &offset) {
            let texts = reader.fields.map { field in
                var text: [UInt8] = []
                field.appendText(of: bytes, to: &text)
                return text
            }
            let numbers = [texts[1], texts[3]].map { Int64(String(decoding: $0, as: UTF8.self)) }
            guard let row = numbers[0], let arrival = numbers[1] else { throw reader.mismatch(inColumn: 1) }
            let record = texts[4]
            if let problem = TextTraits(record.span).problem(inJSON: record.span) {
                refused[problem, default: 0] += 1
                continue
            }
            let file = File(
                id: String(decoding: texts[0], as: UTF8.self),
                path: String(decoding: texts[2], as: UTF8.self),
                arrival: arrival
            )
            add(record, row: row, of: file)
        }
    }

    private mutating func add(_ record: [UInt8], row: Int64, of file: File) {
        let index = indexes[file] ?? files.count
        if index == files.count {
            indexes[file] = index
            files.append((file, 0))
        }
        files[index].rows += 1
        rows += 1
        let start = lines.count
        lines += "\(index)\u{1}\(row)\u{1}".utf8
        // Line ends stand between the tokens of an object, never inside.
        for byte in record { lines.append(byte == .lineFeed || byte == .carriageReturn ? 0x20 : byte) }
        lines.replaceHalfPairs(from: start)
        lines.append(.lineFeed)
        longest = max(longest, lines.count - start)
    }
}

/// The bytes of chunks of rows, which are counted as they go by.
final class CountedBytes: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error
    private let rows: RowStream
    private let total = Atomic<Int>(0)

    init(_ rows: RowStream) { self.rows = rows }

    /// How many rows have gone by.
    var count: Int64 { Int64(total.load(ordering: .relaxed)) }

    struct AsyncIterator: AsyncIteratorProtocol {
        var rows: any AsyncIteratorProtocol<RowChunk, any Error>
        let counted: CountedBytes

        mutating func next() async throws -> [UInt8]? {
            guard let chunk = try await rows.next(isolation: #isolation) else { return nil }
            counted.total.wrappingAdd(chunk.rowCount, ordering: .relaxed)
            return chunk.bytes
        }
    }
    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rows: rows.makeAsyncIterator(), counted: self) }
}

/// Cuts canonical CSV that comes in any chunks into whole rows.
struct WholeRows {
    private var rest: [UInt8] = []
    private var isQuoted = false

    /// The rows that end in the chunk, with what was left of the ones before.
    mutating func take(_ chunk: [UInt8]) -> [UInt8] {
        var end: Int?
        for index in chunk.indices {
            if chunk[index] == .quote { isQuoted.toggle() }
            if chunk[index] == .lineFeed, !isQuoted { end = index + 1 }
        }
        guard let end else {
            rest += chunk
            return []
        }
        let whole = rest + chunk[..<end]
        rest = Array(chunk[end...])
        return whole
    }

    /// What ended before its row did; nothing in what was kept whole.
    var leftover: [UInt8] { rest }
}
