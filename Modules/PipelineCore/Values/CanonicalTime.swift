/// A TIMESTAMPTZ field of canonical CSV taken apart without decoding: `2026-11-21 07:31:17.123456+00`.
public struct CanonicalTimestamp: Sendable {
    /// Where the date's ten bytes begin; the time's eight bytes follow behind one byte between them.
    public let start: Int
    /// The digits behind the decimal point, at most six; empty where there is no fraction.
    public let fraction: Range<Int>

    /// Nil unless the bytes are a moment of the years 0000 to 9999 in UTC.
    public init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let start = range.lowerBound
        guard range.count >= 22, canonicalDateStands(in: bytes, at: start),
            bytes[start + 10] == UInt8(ascii: " "), bytes[start + 13] == UInt8(ascii: ":"),
            bytes[start + 16] == UInt8(ascii: ":"),
            isDigit(bytes[start + 11]), isDigit(bytes[start + 12]), isDigit(bytes[start + 14]),
            isDigit(bytes[start + 15]), isDigit(bytes[start + 17]), isDigit(bytes[start + 18])
        else { return nil }
        let zone = range.upperBound - 3
        guard bytes[zone] == UInt8(ascii: "+"), bytes[zone + 1] == UInt8(ascii: "0"),
            bytes[zone + 2] == UInt8(ascii: "0")
        else { return nil }
        self.start = start
        if zone == start + 19 {
            fraction = zone..<zone
            return
        }
        fraction = start + 20..<max(zone, start + 20)
        guard bytes[start + 19] == UInt8(ascii: "."), (1...6).contains(fraction.count) else { return nil }
        for position in fraction where !isDigit(bytes[position]) { return nil }
    }
}

/// Whether the bytes of a DATE field are a day of the years 0000 to 9999: `2026-11-21`.
public func isCanonicalDate(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    range.count == 10 && canonicalDateStands(in: bytes, at: range.lowerBound)
}

private func canonicalDateStands(in bytes: Span<UInt8>, at start: Int) -> Bool {
    bytes[start + 4] == UInt8(ascii: "-") && bytes[start + 7] == UInt8(ascii: "-")
        && isDigit(bytes[start]) && isDigit(bytes[start + 1]) && isDigit(bytes[start + 2])
        && isDigit(bytes[start + 3]) && isDigit(bytes[start + 5]) && isDigit(bytes[start + 6])
        && isDigit(bytes[start + 8]) && isDigit(bytes[start + 9])
}

@inline(__always)
private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
