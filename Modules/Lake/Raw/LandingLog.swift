public import PipelineCore
internal import Synchronization

/// The raw zone over any object store.
///
/// Objects of a source `web` are `raw/web/date=2026-11-21/hour=07/<arrival>-<number>-<random>.<extension>`, by UTC; its
/// log is `raw/web/_landed`, one file for each landing. Every 64th file repeats what the ledger was before it, so that
/// the ledger is never further away than 64 files. Names of sources are percent-encoded where a path could not hold them.
public struct LandingLog: RawZone {
    /// Where the raw zone of a lake lies.
    public static let standardPrefix: ObjectKey = "raw"

    let store: any ObjectStore
    let prefix: ObjectKey
    let now: @Sendable () -> Timestamp
    private let memory = Memory()

    /// The raw zone below a prefix of a store, with time by this machine's clock.
    public init(store: any ObjectStore, prefix: ObjectKey = standardPrefix) {
        self.init(store: store, prefix: prefix, now: { .now })
    }

    /// The raw zone below a prefix of a store, with time by the given clock.
    public init(store: any ObjectStore, prefix: ObjectKey, now: @escaping @Sendable () -> Timestamp) {
        self.store = store
        self.prefix = prefix
        self.now = now
    }

    /// Opens an object under a key that no other has, whichever process asks.
    public func object(of source: String, arrival: Timestamp, fileExtension: String) async throws -> any RawObjectWriter
    {
        let moment = arrival.description
        let day = moment.prefix(10)
        let hour = moment.dropFirst(11).prefix(2)
        let compact = moment.filter { $0.isNumber || $0 == "T" || $0 == "Z" }
        let number = memory.objects.wrappingAdd(1, ordering: .relaxed).newValue
        let random = String(UInt32.random(in: .min ... .max), radix: 36)
        let ending = PathEncoding.encodeComponent(fileExtension)
        let name = "\(compact)-\(number)-\(random)" + (ending.isEmpty ? "" : ".\(ending)")
        return try await store.writer(
            for: try directory(of: source).appending("date=\(day)").appending("hour=\(hour)").appending(name)
        )
    }

    /// Writes the next file of the source's log; the objects that it names are durable already.
    public func land(_ files: [LandedFile], of source: String, after previous: Int64?) async throws -> Int64 {
        let log = try log(of: source)
        for file in files {
            guard let object = file.object, !log.holds(object) else { continue }
            throw PipelineError(
                .internalError,
                "object \(object) is none of source '\(source)'",
                while: "logging a landing of source '\(source)'"
            )
        }
        let before = try await state(of: source)
        let sequence = (previous ?? -1) + 1
        guard before.sequence + 1 == sequence else { throw overtaken(source, by: before.sequence) }
        let entry = LandingFile(sequence: sequence, files: files, before: before)
        guard try await store.createOrConfirm(try entry.encoded(), at: log.key(of: sequence)) else {
            throw overtaken(source, by: sequence)
        }
        var after = before
        after.apply(entry)
        remember(after, of: source)
        return sequence
    }

    /// Reads one log file for each landing that it returns.
    public func landings(of source: String, after sequence: Int64?) async throws -> [Landing] {
        let log = try log(of: source)
        var landings: [Landing] = []
        var next = (sequence ?? -1) + 1
        while let entry = try await log.entry(next) {
            try Task.checkCancellation()
            landings.append(Landing(sequence: next, files: entry.files))
            next += 1
        }
        try await log.requireEnd(at: next)
        return landings
    }

    /// Reads at most 64 log files besides those that find the end of the log, and only new ones once it was read.
    public func ledger(of source: String) async throws -> Ledger {
        let state = try await state(of: source)
        return Ledger(
            latest: state.sequence < 0 ? nil : state.sequence,
            files: state.files.map(\.file),
            retired: state.retired
        )
    }

    /// The object's path in the store.
    public func localPath(of object: ObjectKey) -> String? { store.localPath(of: object) }

    /// Streams the object as it is stored.
    public func read(_ object: ObjectKey) async throws -> ByteStream {
        guard object.rawValue.hasPrefix(prefix.rawValue + "/") else {
            throw PipelineError(.notFound, "\(object) is no object of the raw zone", while: "reading a raw object")
        }
        return try await store.read(object)
    }

    /// Reads all logs to learn what has landed, and removes nothing of a source whose log is not whole.
    ///
    /// The grace must be longer than any ingestion takes from its first object to its landing.
    public func vacuum(grace: Duration) async throws -> (files: Int, bytes: Int64) {
        let limit = now().before(grace)
        var (count, bytes) = (0, Int64(0))
        for name in try await store.children(of: prefix) {
            let log = SourceLog(store: store, directory: prefix.appending(name))
            let unlanded = try await log.unlanded { $0.modified < limit }
            try await store.delete(unlanded.map(\.key))
            count += unlanded.count
            bytes += unlanded.reduce(0) { $0 + $1.size }
        }
        try await store.sweep(under: prefix, untouchedSince: limit)
        return (count, bytes)
    }

    // MARK: Parts

    private func directory(of source: String) throws -> ObjectKey {
        guard !source.isEmpty else {
            throw PipelineError(
                .invalidConfiguration,
                "a source without a name cannot land anything",
                while: "opening the raw zone"
            )
        }
        return prefix.appending(PathEncoding.encodeComponent(source))
    }

    private func log(of source: String) throws -> SourceLog {
        SourceLog(store: store, directory: try directory(of: source))
    }

    private func state(of source: String) async throws -> SourceState {
        let known = memory.states.withLock { $0[source] } ?? SourceState()
        let state = try await log(of: source).state(after: known)
        remember(state, of: source)
        return state
    }

    private func remember(_ state: SourceState, of source: String) {
        memory.states.withLock { $0[source] = state }
    }

    private func overtaken(_ source: String, by sequence: Int64) -> PipelineError {
        PipelineError(
            .conflict,
            "the log has gone on to landing \(sequence)",
            while: "logging a landing of source '\(source)'",
            hint: "read the ledger again and land what is still new",
            recovery: .retry(after: nil)
        )
    }

    /// The ledgers read so far, and how many objects were opened.
    private final class Memory: Sendable {
        let states = Mutex<[String: SourceState]>([:])
        let objects = Atomic<Int>(0)
    }
}
