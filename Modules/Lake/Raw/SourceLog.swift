internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The log of one source: numbered files without holes, each written once.
struct SourceLog {
    /// Every so many files carry the ledger as it was before them.
    static let interval: Int64 = 64

    let store: any ObjectStore
    /// Holds the source's objects, and its log in `_landed`.
    let directory: ObjectKey

    func key(of sequence: Int64) -> ObjectKey { directory.appending("_landed").appending(logFileName(sequence)) }

    /// Whether a key is that of an object of this source, rather than of its log or of another source.
    func holds(_ object: String) -> Bool {
        object.hasPrefix(directory.rawValue + "/") && !object.hasPrefix(directory.rawValue + "/_")
    }

    func entry(_ sequence: Int64) async throws -> LandingFile? {
        let key = key(of: sequence)
        guard let bytes = try await store.contentsIfPresent(of: key) else { return nil }
        // The decoder's own error may quote what it read, so it is not passed on.
        guard let file = try? JSONDecoder().decode(LandingFile.self, from: Data(bytes)), file.sequence == sequence
        else {
            throw PipelineError(
                .corruptData,
                "\(key) is no landing",
                while: "reading the log of a source",
                hint: "restore the file from a copy of the lake"
            )
        }
        return file
    }

    /// The last number of the log, known to reach to `known` at least, found by doubling steps and halving them again.
    func latest(after known: Int64) async throws -> Int64 {
        var present = known
        var step: Int64 = 1
        while try await store.contains(key(of: present + step)) {
            present += step
            step *= 2
        }
        var absent = present + step
        while absent - present > 1 {
            let middle = present + (absent - present) / 2
            if try await store.contains(key(of: middle)) { present = middle } else { absent = middle }
        }
        return present
    }

    /// What the log says at its end, going on from an earlier state or from the last file that carries one.
    func state(after known: SourceState) async throws -> SourceState {
        let latest = try await latest(after: known.sequence)
        var state = known
        let carrier = latest - latest % Self.interval
        if carrier > state.sequence + 1 {
            guard let file = try await entry(carrier) else { throw missing(carrier) }
            state = SourceState(carriedBy: file)
        }
        while state.sequence < latest {
            guard let file = try await entry(state.sequence + 1) else { throw missing(state.sequence + 1) }
            state.apply(file)
        }
        return state
    }

    func missing(_ sequence: Int64) -> PipelineError {
        PipelineError(
            .corruptData,
            "\(key(of: sequence)) is missing, and later files are there",
            while: "reading the log of a source",
            hint: "restore the file from a copy of the lake"
        )
    }
}

/// One file of a source's log.
struct LandingFile: Codable {
    let sequence: Int64
    let files: [LandedFile]
    /// What the ledger was before this landing, in every 64th file; the positions are those of ``SourceState``.
    let ledger: [SourceState.Entry]?
    /// Tells two writers' files apart that say the same.
    let id: UInt64

    init(sequence: Int64, files: [LandedFile], before: SourceState) {
        self.sequence = sequence
        self.files = files
        ledger = sequence > 0 && sequence % SourceLog.interval == 0 ? before.entries : nil
        id = .random(in: .min ... .max)
    }

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
}

/// What a source's log comes to: the latest entry of every path and of every content.
struct SourceState {
    /// An entry with its place in the log.
    struct Entry: Codable {
        let position: Int64
        let file: LandedFile
    }

    /// The last landing; -1 before the first.
    private(set) var sequence: Int64 = -1
    private var byPath: [String: Entry] = [:]
    private var byContent: [String: Entry] = [:]
    private var count: Int64 = 0

    init() {}

    /// The state before a file that carries it.
    init(carriedBy file: LandingFile) {
        for entry in file.ledger ?? [] { note(entry) }
        sequence = file.sequence - 1
    }

    mutating func apply(_ landing: LandingFile) {
        for file in landing.files { note(Entry(position: count, file: file)) }
        sequence = landing.sequence
    }

    private mutating func note(_ entry: Entry) {
        byPath[entry.file.path] = entry
        byContent[entry.file.fileID] = entry
        count = entry.position + 1
    }

    /// In the order of the log, each once.
    var entries: [Entry] {
        var all: [Int64: Entry] = [:]
        for entry in byPath.values { all[entry.position] = entry }
        for entry in byContent.values { all[entry.position] = entry }
        return all.values.sorted { $0.position < $1.position }
    }

    var files: [LandedFile] { entries.map(\.file) }
}
