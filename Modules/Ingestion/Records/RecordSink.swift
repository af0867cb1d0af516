internal import PipelineCore

/// Collects what a scanner finds in one file: clean records for the engine, broken ones for the dead letters.
///
/// Clean records are kept in the form that the engine reads without ever failing: each begins with the index of its file
/// and its row number, and ends with a line feed. The driver drains both buffers between chunks, so they stay small.
struct RecordSink {
    /// What stands between the two numbers and the record: the fields' own delimiter, or U+0001 where there are no fields.
    var separator: UInt8 = 1
    let fileIndex: [UInt8]
    var clean: [UInt8] = []
    var rejected: [UInt8] = []
    private(set) var cleanCount: Int64 = 0
    private(set) var rejectedCount: Int64 = 0
    /// The longest clean record so far, with its numbers, in bytes.
    private(set) var longest = 0
    /// The longest broken record so far, with all that is told of it, in bytes.
    private(set) var longestRejected = 0
    /// Whether a clean record contains a line end inside quotes.
    var hasLineEnds = false
    /// The position in the file of the record that comes next, from 1.
    private(set) var row: Int64

    init(fileIndex: Int, firstRow: Int64) {
        self.fileIndex = Array(String(fileIndex).utf8)
        row = firstRow
    }

    var count: Int64 { cleanCount + rejectedCount }

    /// Takes a record as it stands.
    mutating func accept(_ record: Span<UInt8>) {
        let start = clean.count
        clean.append(contentsOf: fileIndex)
        clean.append(separator)
        clean.append(decimal: row)
        clean.append(separator)
        clean.append(bytes: record)
        clean.append(.lineFeed)
        longest = max(longest, clean.count - start)
        cleanCount += 1
        row += 1
    }

    /// Takes a JSON text, in which U+FFFD takes the place of half surrogate pairs.
    mutating func accept(json record: Span<UInt8>) {
        let start = clean.count
        accept(record)
        clean.replaceHalfPairs(from: start)
    }

    /// Notes, as a record without content, that the file itself is broken.
    mutating func reject(_ reason: String) {
        let nothing: [UInt8] = []
        reject(nothing.span, reason)
    }

    /// Takes a record that cannot be used; at most 1 MiB of it is kept here, all of it stays in the raw object.
    mutating func reject(_ record: Span<UInt8>, _ reason: String) {
        let start = rejected.count
        let kept = record.extracting(0..<min(record.count, 1 << 20))
        let isText = kept.isUTF8 && !kept.contains(0)
        rejected.append(contentsOf: fileIndex)
        rejected.append(.comma)
        rejected.append(decimal: row)
        rejected.append(.comma)
        rejected.append(quoted: Array(reason.utf8).span)
        rejected.append(contentsOf: isText ? ",text,".utf8 : ",base64,".utf8)
        if isText { rejected.append(quoted: kept) } else { rejected.append(base64: kept) }
        rejected.append(.lineFeed)
        longestRejected = max(longestRejected, rejected.count - start)
        rejectedCount += 1
        row += 1
    }
}

extension [UInt8] {
    /// Appends the decimal digits of a number that is not negative.
    fileprivate mutating func append(decimal number: Int64) {
        let start = count
        var rest = number
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }

    /// Appends a quoted CSV field.
    mutating func append(quoted text: Span<UInt8>) {
        append(.quote)
        var start = 0
        while let quote = text.firstIndex(of: .quote, from: start) {
            append(bytes: text.extracting(start...quote))
            append(.quote)
            start = quote + 1
        }
        append(bytes: text.extracting(start..<text.count))
        append(.quote)
    }

    /// Appends RFC 4648 base64.
    fileprivate mutating func append(base64 bytes: Span<UInt8>) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            var bits: UInt32 = 0
            for index in start..<start + 3 { bits = bits << 8 | (index < bytes.count ? UInt32(bytes[index]) : 0) }
            for position in 0..<4 {
                let digit = alphabet[Int(bits >> UInt32(18 - 6 * position) & 63)]
                append(start + position <= bytes.count ? digit : UInt8(ascii: "="))
            }
        }
    }
}
