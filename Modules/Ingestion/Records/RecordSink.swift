/// Collects what a scanner finds in one file: clean records for the engine, broken ones for the dead letters.
///
/// Clean records are kept in the form that the engine reads without ever failing: each begins with the index of its file
/// and its row number, and ends with a line feed. The driver drains both buffers between chunks, so they stay small.
struct RecordSink {
    /// What stands between the two numbers and the record: the fields' own delimiter, or U+0001 where there are no fields.
    var separator: UInt8
    let fileIndex: [UInt8]
    var clean: [UInt8] = []
    var rejected: [UInt8] = []
    private(set) var cleanCount: Int64 = 0
    private(set) var rejectedCount: Int64 = 0
    /// The longest clean record so far, with its numbers, in bytes.
    private(set) var longest = 0
    /// Whether a clean record contains a line end inside quotes.
    var hasLineEnds = false
    /// The position in the file of the record that comes next, from 1.
    private(set) var row: Int64

    init(fileIndex: Int, firstRow: Int64) {
        separator = 1
        self.fileIndex = Array(String(fileIndex).utf8)
        row = firstRow
    }

    var count: Int64 { cleanCount + rejectedCount }

    /// Takes a record as it stands.
    mutating func accept(_ record: some Collection<UInt8>) {
        let start = clean.count
        clean.append(contentsOf: fileIndex)
        clean.append(separator)
        appendDecimal(row, to: &clean)
        clean.append(separator)
        clean.append(contentsOf: record)
        clean.append(UInt8(ascii: "\n"))
        longest = max(longest, clean.count - start)
        cleanCount += 1
        row += 1
    }

    /// Takes a record that cannot be used; at most 1 MiB of it is kept here, all of it stays in the raw object.
    mutating func reject(_ record: some Collection<UInt8>, _ reason: String) {
        let kept = Array(record.prefix(1 << 20))
        let isText = String(validating: kept, as: UTF8.self) != nil && !kept.contains(0)
        rejected.append(contentsOf: fileIndex)
        rejected.append(UInt8(ascii: ","))
        appendDecimal(row, to: &rejected)
        rejected.append(UInt8(ascii: ","))
        appendQuoted(Array(reason.utf8), to: &rejected)
        rejected.append(contentsOf: isText ? ",text,".utf8 : ",base64,".utf8)
        appendQuoted(isText ? kept : base64(kept), to: &rejected)
        rejected.append(UInt8(ascii: "\n"))
        rejectedCount += 1
        row += 1
    }
}

/// Appends a number's decimal digits.
func appendDecimal(_ number: Int64, to bytes: inout [UInt8]) {
    guard number >= 10 else {
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: max(0, number)))
        return
    }
    let start = bytes.count
    var rest = number
    while rest > 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
    }
    bytes[start...].reverse()
}

/// Appends a quoted CSV field.
func appendQuoted(_ text: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text {
        if byte == UInt8(ascii: "\"") { bytes.append(byte) }
        bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
}

/// RFC 4648 base64.
func base64(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = (0..<3).map { start + $0 < bytes.count ? UInt32(bytes[start + $0]) : 0 }
        let bits = group[0] << 16 | group[1] << 8 | group[2]
        for (position, shift) in [18, 12, 6, 0].enumerated() {
            text.append(start + position <= bytes.count ? alphabet[Int(bits >> UInt32(shift) & 63)] : UInt8(ascii: "="))
        }
    }
    return text
}
