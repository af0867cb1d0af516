internal import PipelineCore

/// The whole number that the bytes spell in decimal digits; nil if they do not or if it needs more than 64 bits.
func parseInteger(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int64? {
    guard let first = range.first else { return nil }
    let isNegative = bytes[first] == UInt8(ascii: "-")
    let start = isNegative ? first + 1 : first
    guard start < range.upperBound else { return nil }
    var value: Int64 = 0
    for position in start..<range.upperBound {
        let digit = bytes[position] &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        // Counting downwards reaches the smallest number, which has no positive counterpart.
        let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
        let (next, underflow) = shifted.subtractingReportingOverflow(Int64(digit))
        guard !overflow, !underflow else { return nil }
        value = next
    }
    if isNegative { return value }
    return value == .min ? nil : -value
}

/// The floating-point number nearest to what the bytes spell; nil if they spell none.
func parseDouble(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Double? {
    if let exact = parseShortDouble(bytes, range) { return exact }
    var text: [UInt8] = []
    text.append(bytes: bytes.extracting(range))
    return Double(String(decoding: text, as: UTF8.self))
}

/// Powers of ten that a Double holds exactly.
private let powersOfTen: [Double] = (0...22).map { exponent in (0..<exponent).reduce(1) { power, _ in power * 10 } }

/// Reads numbers of up to 15 digits with a point but without an exponent: mantissa and power of ten are then exact, and
/// one division rounds correctly (Clinger, "How to read floating point numbers accurately", 1990).
private func parseShortDouble(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Double? {
    guard let first = range.first, range.count <= 17 else { return nil }
    let isNegative = bytes[first] == UInt8(ascii: "-")
    var mantissa: Int64 = 0
    var digits = 0
    var decimals: Int?
    for position in (isNegative ? first + 1 : first)..<range.upperBound {
        let digit = bytes[position] &- UInt8(ascii: "0")
        if digit < 10 {
            mantissa = mantissa &* 10 &+ Int64(digit)
            digits += 1
            decimals = decimals.map { $0 + 1 }
        } else if bytes[position] == UInt8(ascii: "."), decimals == nil {
            decimals = 0
        } else {
            return nil
        }
    }
    guard (1...15).contains(digits) else { return nil }
    let value = Double(mantissa) / powersOfTen[decimals ?? 0]
    return isNegative ? -value : value
}
