/// Writing JSON into bytes, without a value tree in between.
extension [UInt8] {
    /// The text as it is.
    mutating func append(_ text: String) { append(contentsOf: text.utf8) }

    /// The text as the inside of a JSON string.
    mutating func append(escaping text: String) {
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
            append(byte)
        }
    }

    /// A number that is not negative, with leading zeros up to a width.
    mutating func append(_ number: Int, width: Int = 1) {
        var divisor = 1
        var digits = 1
        while digits < width || number / divisor >= 10 {
            divisor *= 10
            digits += 1
        }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    /// An amount with two decimals.
    mutating func append(cents: Int) {
        append(cents / 100)
        append(UInt8(ascii: "."))
        append(cents % 100, width: 2)
    }

    /// A number in hexadecimal, without leading zeros.
    mutating func append(hexadecimal number: UInt16) {
        var shift: UInt16 = 12
        while shift > 0, number >> shift == 0 { shift -= 4 }
        while true {
            append(hexadecimalDigits[Int(number >> shift & 15)])
            guard shift > 0 else { return }
            shift -= 4
        }
    }

    /// 32 hexadecimal digits in the groups of a UUID.
    mutating func append(_ identifier: Identifier) {
        for (position, bits) in [identifier.high, identifier.low].enumerated() {
            for nibble in 0..<16 {
                let place = position * 16 + nibble
                if place == 8 || place == 12 || place == 16 || place == 20 { append(UInt8(ascii: "-")) }
                append(hexadecimalDigits[Int(bits >> UInt64(60 - 4 * nibble) & 15)])
            }
        }
    }
}

private let hexadecimalDigits = Array("0123456789abcdef".utf8)

/// A random UUID, version 4.
struct Identifier: Sendable {
    let high: UInt64
    let low: UInt64

    init(_ random: inout RandomSource) {
        high = random.next() & ~0xF000 | 0x4000
        low = random.next() & ~(3 << 62) | 2 << 62
    }
}
