internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The log of one table: numbered files, each written once.
struct DeltaLog {
    /// Every so many versions the state is saved beside the log, so that opening a table replays no more than that.
    static let saveInterval: Int64 = 64

    let store: any ObjectStore
    let table: DatasetName
    /// The table's `_delta_log`.
    let directory: ObjectKey

    func key(of version: Int64) -> ObjectKey { directory.appending(logFileName(version)) }

    /// Not a name that the protocol gives a meaning to: other readers pass over it.
    private var savedStateKey: ObjectKey { directory.appending("_millrace.state.json") }

    func commit(_ version: Int64) async throws -> DeltaCommit? {
        let key = key(of: version)
        return try await store.contentsIfPresent(of: key).map { try DeltaCommit($0, version: version, at: key) }
    }

    /// The latest state, replayed from a known one; nil where the table does not exist.
    func latest(after known: TableState?) async throws -> TableState? {
        var state: TableState
        if let known = try await confirmed(known) {
            state = known
        } else {
            state = try await confirmed(try await savedState()) ?? TableState(of: table)
        }
        repeat {
            while let commit = try await commit(state.version + 1) { try state.apply(commit) }
        } while try await isContinued(after: state.version)
        return state.version >= 0 ? state : nil
    }

    /// The state at an older version; nil where that version does not exist.
    func state(at version: Int64, known: TableState?) async throws -> TableState? {
        guard version >= 0 else { return nil }
        var state = TableState(of: table)
        for shortcut in [known, try await savedState()] {
            guard let shortcut, shortcut.version <= version, shortcut.version > state.version else { continue }
            if let confirmed = try await confirmed(shortcut) { state = confirmed }
        }
        while state.version < version {
            guard let commit = try await commit(state.version + 1) else { return nil }
            try state.apply(commit)
        }
        return state
    }

    /// Keeps a state for later readers; without it they would only replay more.
    func save(_ state: TableState) async {
        guard state.version % Self.saveInterval == Self.saveInterval - 1 else { return }
        // The version is published already, and the saved state is no more than a shortcut to it: failing here is no error.
        guard let bytes = try? JSONEncoder().encode(state) else { return }
        _ = try? await store.write(ArrayStream([Array(bytes)]), to: savedStateKey)
    }

    private func savedState() async throws -> TableState? {
        guard let bytes = try await store.contentsIfPresent(of: savedStateKey) else { return nil }
        // One that cannot be read is as good as none.
        return try? JSONDecoder().decode(TableState.self, from: Data(bytes))
    }

    /// The state, unless the log has since been replaced by another.
    private func confirmed(_ state: TableState?) async throws -> TableState? {
        guard let state, let commit = try await commit(state.version), commit.info?.txnId == state.transaction else {
            return nil
        }
        return state
    }

    /// Tells the end of the log from a file that is missing in it; true where the log has grown meanwhile.
    private func isContinued(after version: Int64) async throws -> Bool {
        let later: Bool
        if version < 0 {
            later = try await store.list(under: directory).contains { $0.key.lastComponent.first?.isNumber == true }
        } else {
            later = try await store.contains(key(of: version + 2))
        }
        guard later else { return false }
        if try await store.contains(key(of: version + 1)) { return true }
        throw missing(version + 1)
    }

    /// Throws where a listing shows log files after the version that is known as the last.
    func requireEnd(at version: Int64, listed: [ObjectInfo]) throws {
        let start = directory.rawValue + "/"
        let next = key(of: version + 1)
        let isPastEnd = listed.contains {
            $0.key.rawValue >= next.rawValue && $0.key.rawValue.hasPrefix(start)
                && $0.key.lastComponent.first?.isNumber == true
        }
        if isPastEnd { throw missing(version + 1) }
    }

    private func missing(_ version: Int64) -> PipelineError {
        PipelineError(
            .corruptData,
            "\(key(of: version)) is missing, and later files are there",
            while: "reading a table's log",
            hint: "restore the file from a copy of the lake; a log that another program has compacted cannot be read"
        )
    }
}
