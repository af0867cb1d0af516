extension [String] {
    /// The element that is at most two edits (or a third of its length) away from `word`, if one is: for "did you mean".
    public func nearest(to word: String) -> String? {
        let ranked = map { (element: $0, distance: Self.editDistance(Array<Character>($0), Array<Character>(word))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= Swift.max(2, word.count / 3) && best.distance < word.count ? best.element : nil
    }

    /// Levenshtein's distance, one row at a time.
    private static func editDistance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Swift.Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = Swift.min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
