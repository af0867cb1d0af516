/// Random numbers that are the same on every machine and for every version of the standard library.
///
/// xoshiro256** by Blackman and Vigna, seeded by SplitMix64. All draws are integers: nothing depends on how a platform
/// rounds a logarithm.
struct RandomSource: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init(seed: UInt64) {
        var seeds = SplitMix64(state: seed)
        state = (seeds.next(), seeds.next(), seeds.next(), seeds.next())
    }

    /// 64 uniform bits.
    mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, 45)
        return result
    }

    /// A whole number from 0 up to but not including `bound`; the bias is below 2⁻³² for the bounds used here.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A whole number of the range.
    mutating func value(in range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    /// True in `share` of a thousand cases.
    mutating func chance(perMille share: Int) -> Bool { below(1000) < share }

    /// A number that is small more often than large: the product of two uniform ones.
    mutating func skewed(below bound: Int) -> Int { below(bound) * below(bound) / bound }

    /// A position, as often as its weight says.
    mutating func position(weights: [Int], total: Int) -> Int {
        var rest = below(total)
        for (position, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return position }
        }
        return weights.count - 1
    }

    /// An exponentially distributed number, by von Neumann's comparison of uniform numbers.
    mutating func exponential(mean: Int) -> Int {
        var whole: UInt64 = 0
        while true {
            let first = next() >> 32
            var previous = first
            var isOdd = true
            while true {
                let following = next() >> 32
                guard following < previous else { break }
                previous = following
                isOdd.toggle()
            }
            if isOdd {
                let product = (whole << 32 | first).multipliedFullWidth(by: UInt64(mean))
                return Int(truncatingIfNeeded: product.high << 32 | product.low >> 32)
            }
            whole += 1
        }
    }

    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
}

/// Steele, Lea and Flood's generator: turns any seed, 0 included, into well mixed bits.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
