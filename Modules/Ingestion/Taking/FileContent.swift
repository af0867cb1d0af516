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

    /// The bytes as they are stored; nil if the file has gone since it was listed.
    func stored(from offset: Int64) async throws -> ByteStream? {
        do { return try await source.read(file, from: offset) } catch let error as PipelineError
            where error.code == .notFound
        {
            return nil
        }
    }

    /// The decompressed bytes from the beginning; nil if the file has gone since it was listed.
    func read() async throws -> ByteStream? {
        guard let stored = try await stored(from: 0) else { return nil }
        return coding?.decode(stored) ?? stored
    }

    /// Whether the file is there and begins like an entry's content.
    func begins(like entry: LandedFile) async throws -> Bool {
        guard let bytes = try await read() else { return false }
        let headLength = Int(min(entry.contentLength, Int64(ContentDigest.headLength)))
        var beginning: [UInt8] = []
        for try await chunk in bytes {
            beginning += chunk
            if beginning.count >= headLength { break }
        }
        var digest = ContentDigest()
        digest.update(beginning.prefix(headLength))
        return digest.head == entry.head
    }

    /// What was already taken of this content under any name: the longest earlier content that this one begins with.
    ///
    /// Reads no further than its first 4 KiB when nothing that is known begins like it.
    func identify(among known: KnownContents) async throws -> Identity {
        guard let bytes = try await read() else { return .gone }
        var beginning: [UInt8] = []
        var match: ContentMatch?
        var isDamaged = false
        do {
            for try await chunk in bytes {
                if match != nil {
                    match?.take(chunk)
                    continue
                }
                beginning += chunk
                guard beginning.count >= ContentDigest.headLength else { continue }
                match = known.match(forBeginning: beginning)
                guard match != nil else { return .unknown }
                match?.take(beginning)
            }
        } catch let error as PipelineError where error.code == .corruptData {
            isDamaged = true  // What can be read is judged when it is taken.
        }
        if match == nil {
            match = known.match(forBeginning: beginning)
            match?.take(beginning)
        }
        guard let match, let longest = match.longest, let resume = match.resume else { return .unknown }
        if let entry = known.entry(of: match.digest, isDamaged: isDamaged) { return .known(entry) }
        return .grown(from: longest, resume, length: match.digest.length)
    }

    /// What a file's content turned out to be.
    enum Identity {
        /// The file is no longer there.
        case gone
        /// It begins with nothing that is known.
        case unknown
        /// All of it is known.
        case known(LandedFile)
        /// It begins with an earlier content, whose digest up to where the next part begins is given, and goes on.
        case grown(from: LandedFile, ContentDigest, length: Int64)
    }
}
