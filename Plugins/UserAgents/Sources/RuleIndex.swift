/// Tells which rules of a list can match a header at all, without running one.
///
/// Every rule that requires some text is filed under one three-byte piece of it, one that few headers and few rules
/// hold. A header's pieces then look the rules up. Pieces share buckets by hash; that only adds candidates.
struct RuleIndex {
    private static let bits = 13
    /// What most headers hold; a rule is better filed under something else.
    private static let commonplace = """
        mozilla/5.0 (windows nt 10.0; win64; x64) (linux; u; android 10; k build/) (iphone; cpu os like mac os x) \
        applewebkit/537.36 (khtml, like gecko) version/ chrome/ mobile safari/
        """
    /// The rules of bucket `b` are `rules[starts[b]..<starts[b + 1]]`.
    private var starts: [Int32]
    private var rules: [Int32]
    /// The rules that require no text, as a set of bits.
    private var unconditional: [UInt64]

    /// An index over the rules in order, by what each requires.
    init(_ requirements: [RequiredText]) {
        var uses: [UInt32: Int] = [:]
        for required in requirements {
            let pieces = Set(required.sets.joined().flatMap(Self.pieces))
            for piece in pieces { uses[piece, default: 0] += 1 }
        }
        for piece in Self.pieces(of: Array(Self.commonplace.utf8)) { uses[piece, default: 0] += requirements.count }
        var buckets = [Set<Int32>](repeating: [], count: 1 << Self.bits)
        unconditional = [UInt64](repeating: 0, count: (requirements.count + 63) / 64)
        for (rule, required) in requirements.enumerated() {
            guard let keys = Self.rarestKeys(required, uses) else {
                unconditional[rule / 64] |= 1 << UInt64(rule % 64)
                continue
            }
            for key in keys { buckets[Self.bucket(key)].insert(Int32(rule)) }
        }
        starts = [0]
        rules = []
        for bucket in buckets {
            rules += bucket.sorted()
            starts.append(Int32(rules.count))
        }
    }

    /// Calls `body` with the numbers of the rules worth trying, in order, until it returns true.
    func firstCandidate(for text: [UInt8], where body: (Int) -> Bool) {
        var candidates = unconditional
        var piece: UInt32 = 0
        for byte in text {
            piece = (piece << 8 | UInt32(byte.lowercasedASCII)) & 0xFF_FFFF
            let bucket = Self.bucket(piece)
            for position in Int(starts[bucket])..<Int(starts[bucket + 1]) {
                let rule = Int(rules[position])
                candidates[rule / 64] |= 1 << UInt64(rule % 64)
            }
        }
        for (word, bits) in candidates.enumerated() {
            var rest = bits
            while rest != 0 {
                if body(word * 64 + rest.trailingZeroBitCount) { return }
                rest &= rest - 1
            }
        }
    }

    /// One piece of each text of the set that is the best sieve: the one whose pieces are rarest in all.
    private static func rarestKeys(_ required: RequiredText, _ uses: [UInt32: Int]) -> [UInt32]? {
        let count = { (piece: UInt32) in uses[piece] ?? 0 }
        let keys = required.sets.map { set in
            set.compactMap { pieces(of: $0).min { count($0) < count($1) } }
        }
        let cost = { (keys: [UInt32]) in keys.reduce(0) { $0 + count($1) } }
        return keys.min { cost($0) < cost($1) }
    }

    private static func pieces(of text: [UInt8]) -> [UInt32] {
        (2..<text.count).map { UInt32(text[$0 - 2]) << 16 | UInt32(text[$0 - 1]) << 8 | UInt32(text[$0]) }
    }

    private static func bucket(_ piece: UInt32) -> Int { Int((piece &* 0x9E37_79B1) >> UInt32(32 - bits)) }
}
