internal import PipelineCore

/// The contents that were taken of a source and still count, found by how they begin.
struct KnownContents {
    private var byHead: [String: [LandedFile]] = [:]
    /// How much of each content the heads were made of.
    private var headLengths: Set<Int64> = []
    /// How far each content reaches with all that it has grown by, by its identity.
    private var lengths: [String: Int64] = [:]

    var isEmpty: Bool { byHead.isEmpty }

    init(_ ledger: Ledger) {
        for entry in ledger.files where !ledger.retired.contains(entry.fileID) { note(entry) }
    }

    /// Adds what has just been taken, and forgets what it takes the place of.
    mutating func note(_ entry: LandedFile) {
        for gone in entry.supersedes where gone.fromRow <= 1 && gone.fileID != entry.fileID {
            for head in byHead.keys { byHead[head]?.removeAll { $0.fileID == gone.fileID } }
            lengths[gone.fileID] = nil
        }
        // A header alone is the beginning of many files, and identifies none.
        guard entry.resumeRow > 1 || entry.resumeOffset < entry.contentLength else { return }
        byHead[entry.head, default: []].append(entry)
        headLengths.insert(Self.headLength(of: entry))
        lengths[entry.fileID] = max(lengths[entry.fileID] ?? 0, entry.contentLength)
    }

    /// What must be looked for in a content that begins so; nil where nothing known does.
    func match(forBeginning bytes: [UInt8]) -> ContentMatch? {
        var digest = ContentDigest()
        var candidates: [LandedFile] = []
        for length in headLengths.sorted() where length <= bytes.count {
            digest.update(bytes[Int(digest.length)..<Int(length)])
            candidates += (byHead[digest.value] ?? []).filter { Self.headLength(of: $0) == length }
        }
        return candidates.isEmpty ? nil : ContentMatch(candidates)
    }

    /// The entry that holds just this content. One that had to end at damage is not it, unless the content does too.
    func entry(of digest: ContentDigest, isDamaged: Bool) -> LandedFile? {
        let value = digest.value
        return byHead[digest.head]?.last {
            $0.contentLength == digest.length && $0.digest == value && (isDamaged || !$0.endsInDamage)
        }
    }

    /// Whether something else has already been taken as the continuation of an entry's content.
    func isContinued(_ entry: LandedFile) -> Bool { lengths[entry.fileID] ?? 0 > entry.contentLength }

    private static func headLength(of entry: LandedFile) -> Int64 {
        min(entry.contentLength, Int64(ContentDigest.headLength))
    }
}

/// Follows a content as it streams by, and finds the longest known content that it begins with.
struct ContentMatch {
    private let candidates: [LandedFile]
    /// Where known contents end, and where their next parts would begin.
    private var boundaries: ArraySlice<Int64>
    private var resumptions: [Int64: ContentDigest] = [:]
    private(set) var digest = ContentDigest()
    private(set) var longest: LandedFile?

    init(_ candidates: [LandedFile]) {
        self.candidates = candidates
        boundaries = Set(candidates.flatMap { [$0.contentLength, $0.resumeOffset] }).sorted()[...]
        passBoundaries()
    }

    /// The digest up to where a next part of the longest begins.
    var resume: ContentDigest? { longest.flatMap { resumptions[$0.resumeOffset] } }

    mutating func take(_ bytes: [UInt8]) {
        var start = 0
        while let boundary = boundaries.first, boundary <= digest.length + Int64(bytes.count - start) {
            let end = start + Int(boundary - digest.length)
            digest.update(bytes[start..<end])
            start = end
            passBoundaries()
        }
        digest.update(bytes[start...])
    }

    private mutating func passBoundaries() {
        while let boundary = boundaries.first, boundary <= digest.length {
            boundaries.removeFirst()
            resumptions[boundary] = digest
            let value = digest.value
            longest = candidates.last { $0.contentLength == boundary && $0.digest == value } ?? longest
        }
    }
}

extension LandedFile {
    /// Whether rows were taken that a longer version of the file gives anew: half a row, or what stands for damage.
    var hasProvisionalRows: Bool { firstRow + rows > resumeRow }

    /// Whether all that is provisional is what stands for damage.
    var endsInDamage: Bool { hasProvisionalRows && resumeOffset == contentLength }
}
