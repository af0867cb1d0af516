/// A text that is no UTF-8, with a question mark in place of each byte that belongs to no character; every other byte stays
/// where it is.
///
/// So a message whose sender wrote another encoding, or cut a character in two, can be told from the others of its batch.
struct PatchedText {
    /// A text with more such places is none.
    private static let mostPlaces = 1_000_000

    let original: [UInt8]
    let bytes: [UInt8]
    /// The first byte that belongs to no character.
    let firstDamage: Int

    /// Nil where nothing needs to be patched; throws where too much does.
    init?(_ text: Span<UInt8>) throws(MessageProblem) {
        var places: [Range<Int>] = []
        var start = 0
        while start < text.count {
            do {
                _ = try UTF8Span(validating: text.extracting(start..<text.count))
                break
            } catch {
                let place = error.byteOffsets.lowerBound + start..<error.byteOffsets.upperBound + start
                places.append(place)
                start = place.upperBound
            }
            guard places.count <= Self.mostPlaces else { throw .notUTF8(position: places[0].lowerBound) }
        }
        guard let first = places.first else { return nil }
        firstDamage = first.lowerBound
        var patched: [UInt8] = []
        patched.reserveCapacity(text.count)
        for position in text.indices { patched.append(text[position]) }
        original = patched
        for place in places { for position in place { patched[position] = UInt8(ascii: "?") } }
        bytes = patched
    }

    /// Whether a part was patched.
    func isDamaged(_ part: Range<Int>) -> Bool { original[part] != bytes[part] }
}
