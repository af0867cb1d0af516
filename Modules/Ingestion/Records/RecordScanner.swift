/// Finds the records of one file in its decompressed bytes, whatever the chunks they come in.
protocol RecordScanner {
    /// Takes the next bytes; whole records go to the sink, the rest is kept.
    mutating func scan(_ bytes: [UInt8], into sink: inout RecordSink)

    /// Takes the end of the file. `problem` says why the bytes ended early, nil if they did not.
    mutating func finish(into sink: inout RecordSink, problem: String?)

    /// Offsets into the content, counted in the bytes scanned.
    var lastRecord: LastRecord { get }

    /// The file's own column names, once they are known; nil where the format has none.
    var columns: [String]? { get }

    /// What separates the fields, once it is known; nil where the format has none.
    var delimiter: UInt8? { get }
}

/// The last record of a file: where a file that grows is taken up again.
struct LastRecord: Equatable {
    /// Where it begins, in bytes from where scanning began.
    var start: Int64 = 0
    /// Whether it was followed by a line end; if not, it may have been written only in part.
    var isTerminated = true
}

/// Records longer than this are turned away; the engine holds a record in memory.
let longestRecord = 16 << 20

/// Why a text cannot be handed to the engine, or nil if it can.
func problem(inText bytes: some Sequence<UInt8>) -> String? {
    var decoder = UTF8Check()
    for byte in bytes {
        if byte < 2 {
            return byte == 0 ? "it contains a NUL byte" : "it contains the control character U+0001"
        }
        decoder.take(byte)
        if decoder.isBroken { return "it is not valid UTF-8" }
    }
    return decoder.isAtBoundary ? nil : "it is not valid UTF-8"
}

/// Whether a region is UTF-8 without bytes below 2: true for most chunks, and then no record in it needs a closer look.
func isCleanText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var seen: UInt64 = 0
    var isASCII = true
    var index = 0
    while index + 8 <= bytes.count {
        let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        // The high bit of a byte below 2 is set by the borrow (Warren, Hacker's Delight 6-1).
        seen |= (word &- 0x0202_0202_0202_0202) & ~word
        isASCII = isASCII && word & 0x8080_8080_8080_8080 == 0
        index += 8
    }
    while index < bytes.count {
        let byte = unsafe bytes[index]
        if byte < 2 { return false }
        isASCII = isASCII && byte < 128
        index += 1
    }
    guard seen & 0x8080_8080_8080_8080 == 0 else { return false }
    return unsafe isASCII || (try? UTF8Span(validating: Span(_unsafeBytes: bytes))) != nil
}

/// UTF-8 by the table of well-formed sequences (Unicode 16, table 3-7), one byte at a time.
struct UTF8Check {
    private var remaining = 0
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF
    private(set) var isBroken = false
    var isAtBoundary: Bool { remaining == 0 && !isBroken }

    mutating func take(_ byte: UInt8) {
        if remaining > 0 {
            isBroken = isBroken || byte < lower || byte > upper
            (lower, upper) = (0x80, 0xBF)
            remaining -= 1
            return
        }
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: remaining = 1
        case 0xE0: (remaining, lower) = (2, 0xA0)
        case 0xED: (remaining, upper) = (2, 0x9F)
        case 0xE1...0xEF: remaining = 2
        case 0xF0: (remaining, lower) = (3, 0x90)
        case 0xF4: (remaining, upper) = (3, 0x8F)
        case 0xF1...0xF3: remaining = 3
        default: isBroken = true
        }
    }
}
