public import PipelineCore
internal import Synchronization

/// Wraps a store and fails at the nth call, for tests that run a job with every n until it succeeds.
///
/// Calls of writers count too. The error is an `unreachable` that may be retried, as a lost connection would be.
public final class FaultyObjectStore: ObjectStore {
    /// When a failing call fails.
    public enum Moment: Sendable, CaseIterable {
        /// Before it has done anything.
        case before
        /// After all of its effect: the answer is lost.
        case after
    }

    private let store: any ObjectStore
    private let turn: Int
    private let moment: Moment
    private let isLasting: Bool
    private let count = Atomic<Int>(0)

    /// Fails at call `turn`, counted from 1, and at every call after it if the fault is lasting.
    public init(_ store: any ObjectStore, failingAt turn: Int, _ moment: Moment, isLasting: Bool) {
        self.store = store
        self.turn = turn
        self.moment = moment
        self.isLasting = isLasting
    }

    /// How many calls have been made.
    public var calls: Int { count.load(ordering: .relaxed) }

    fileprivate func attempt<Result>(_ name: String, _ body: () async throws -> Result) async throws -> Result {
        let call = count.wrappingAdd(1, ordering: .relaxed).newValue
        let error = PipelineError(
            .unreachable,
            "the simulated connection broke at call \(call)",
            while: name,
            recovery: .retry(after: nil)
        )
        if call > turn && isLasting || call == turn && moment == .before { throw error }
        let result = try await body()
        if call == turn { throw error }
        return result
    }

    /// Passes the call on.
    public func list(under prefix: ObjectKey) async throws -> [ObjectInfo] {
        try await attempt("listing") { try await store.list(under: prefix) }
    }

    /// Passes the call on; the stream itself does not fail.
    public func read(_ key: ObjectKey) async throws -> ByteStream {
        try await attempt("reading") { try await store.read(key) }
    }

    /// Passes the call on; the writer's calls are counted and may fail.
    public func writer(for key: ObjectKey) async throws -> any ObjectWriter {
        try await attempt("opening a writer") { FaultyObjectWriter(try await store.writer(for: key), of: self) }
    }

    /// Passes the call on.
    public func create(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        try await attempt("creating") { try await store.create(bytes, at: key) }
    }

    /// Passes the call on.
    public func delete(_ keys: [ObjectKey]) async throws {
        try await attempt("deleting") { try await store.delete(keys) }
    }

    /// The wrapped store's path; no call.
    public func localPath(of key: ObjectKey) -> String? { store.localPath(of: key) }

    /// Passes the call on.
    public func sync(_ keys: [ObjectKey]) async throws {
        try await attempt("syncing") { try await store.sync(keys) }
    }

    /// Passes the call on.
    public func children(of prefix: ObjectKey) async throws -> [String] {
        try await attempt("listing") { try await store.children(of: prefix) }
    }

    /// Passes the call on.
    public func makeDirectory(at key: ObjectKey) async throws {
        try await attempt("making a directory") { try await store.makeDirectory(at: key) }
    }

    /// Passes the call on.
    public func sweep(under prefix: ObjectKey, untouchedSince moment: Timestamp) async throws {
        try await attempt("sweeping") { try await store.sweep(under: prefix, untouchedSince: moment) }
    }
}

/// A writer whose calls count as calls of its store.
private final class FaultyObjectWriter: ObjectWriter {
    private let writer: any ObjectWriter
    private let store: FaultyObjectStore

    init(_ writer: any ObjectWriter, of store: FaultyObjectStore) {
        self.writer = writer
        self.store = store
    }

    func append(_ bytes: [UInt8]) async throws {
        try await store.attempt("appending") { try await writer.append(bytes) }
    }

    func finish() async throws -> ObjectInfo {
        try await store.attempt("finishing") { try await writer.finish() }
    }

    func abort() async { await writer.abort() }
}
