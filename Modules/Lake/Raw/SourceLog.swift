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

    private var logPrefix: String { directory.rawValue + "/_landed/" }

    func key(of sequence: Int64) -> ObjectKey { ObjectKey(rawValue: logPrefix + logFileName(sequence)) }

    /// Whether a key is that of an object of this source, rather than of its log or of something else.
    func holds(_ object: String) -> Bool { object.hasPrefix(directory.rawValue + "/date=") }

    /// The objects of interest that no landing names.
    func unlanded(where isOfInterest: (ObjectInfo) -> Bool) async throws -> [ObjectInfo] {
        // Listed before the log is read: what lands in between is found in the log.
        let listed = try await store.list(under: directory)
        var unlanded: [ObjectKey: ObjectInfo] = [:]
        for object in listed where holds(object.key.rawValue) && isOfInterest(object) { unlanded[object.key] = object }
        var next: Int64 = 0
        while !unlanded.isEmpty, let entry = try await entry(next) {
            try Task.checkCancellation()
            for file in entry.files { if let object = file.object { unlanded[ObjectKey(rawValue: object)] = nil } }
            next += 1
        }
        let isPastEnd = listed.contains {
            $0.key.rawValue >= key(of: next).rawValue && $0.key.rawValue.hasPrefix(logPrefix)
        }
        if !unlanded.isEmpty, isPastEnd { throw missing(next) }
        return unlanded.values.sorted { $0.key < $1.key }
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
        var state = known
        // A log that was removed and begun anew says nothing of what we knew.
        if known.sequence >= 0, try await !store.contains(key(of: known.sequence)) { state = SourceState() }
        let latest = try await latest(after: state.sequence)
        let carrier = latest - latest % Self.interval
        if carrier > state.sequence + 1 {
            guard let carried = try await entry(carrier)?.before else { throw missing(carrier) }
            state = carried
        }
        while state.sequence < latest {
            guard let file = try await entry(state.sequence + 1) else { throw missing(state.sequence + 1) }
            state.apply(file)
        }
        return state
    }

    /// Throws where the log goes on after a missing file.
    func requireEnd(at sequence: Int64) async throws {
        guard try await store.contains(key(of: sequence + 1)) else { return }
        if try await !store.contains(key(of: sequence)) { throw missing(sequence) }
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
    /// What the log came to before this file, in every 64th.
    let before: SourceState?
    /// Tells two writers' files apart that say the same.
    let id: UInt64

    init(sequence: Int64, files: [LandedFile], before: SourceState) {
        self.sequence = sequence
        self.files = files
        self.before = sequence > 0 && sequence % SourceLog.interval == 0 ? before : nil
        id = .random(in: .min ... .max)
    }

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
}
