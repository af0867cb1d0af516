internal import PipelineCore

/// A source's file read as its decompressed content.
struct FileContent {
    let file: SourceFile
    let source: any FileSource
    let coding: (any ContentCoding)?

    init(_ file: SourceFile, of source: any FileSource, codings: [any ContentCoding]) {
        self.file = file
        self.source = source
        coding = codings.first { file.path.hasSuffix("." + $0.fileExtension) }
    }

    /// The decompressed bytes from the beginning.
    func read() async throws -> ByteStream {
        let stored = try await source.read(file, from: 0)
        return coding?.decode(stored) ?? stored
    }

    /// What was already taken of this content under any name: the longest earlier content that this one begins with.
    ///
    /// Reads no further than its first 4 KiB when nothing that is known begins like it.
    func identify(among known: [LandedFile]) async throws -> Identified {
        var digest = ContentDigest()
        var candidates: [LandedFile]?
        var resumed: [Int64: ContentDigest] = [:]
        var longest: LandedFile?
        var beginning: [UInt8] = []
        var boundaries: [Int64] = []

        func passBoundaries() {
            while let boundary = boundaries.first, boundary <= digest.length {
                boundaries.removeFirst()
                resumed[boundary] = digest
                for candidate in candidates ?? [] where candidate.contentLength == boundary && candidate.digest == digest.value {
                    longest = candidate
                }
            }
        }
        func choose() -> Bool {
            let likely = known.filter { $0.head == ContentDigest.head(of: beginning, length: $0.contentLength) && $0.contentLength <= Int64(Int.max) }
            candidates = likely
            boundaries = Set(likely.flatMap { [$0.contentLength, $0.resumeOffset] }).sorted()
            return !likely.isEmpty
        }
        func absorb(_ chunk: [UInt8]) {
            var start = 0
            while let boundary = boundaries.first, boundary <= digest.length + Int64(chunk.count - start) {
                let end = start + Int(boundary - digest.length)
                digest.update(chunk[start..<end])
                start = end
                passBoundaries()
            }
            digest.update(chunk[start...])
        }

        do {
            for try await chunk in try await read() {
                if candidates == nil {
                    beginning += chunk
                    guard beginning.count >= ContentDigest.headLength else { continue }
                    guard choose() else { return Identified(longest: nil, isWhole: false, resume: nil) }
                    passBoundaries()
                    absorb(beginning)
                } else {
                    absorb(chunk)
                }
            }
        } catch let error as PipelineError where error.code == .corruptData {
            // Damaged compression: what can be read is judged when it is taken.
        }
        if candidates == nil {
            guard choose() else { return Identified(longest: nil, isWhole: false, resume: nil) }
            passBoundaries()
            absorb(beginning)
        }
        let isWhole = longest.map { $0.contentLength == digest.length } ?? false
        return Identified(longest: longest, isWhole: isWhole, resume: longest.flatMap { resumed[$0.resumeOffset] })
    }

    /// What a file's content turned out to be.
    struct Identified {
        /// The earlier content that it begins with.
        let longest: LandedFile?
        /// Whether there is nothing behind that.
        let isWhole: Bool
        /// The digest up to where the next part begins.
        let resume: ContentDigest?
    }
}
