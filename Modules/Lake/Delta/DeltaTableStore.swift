public import PipelineCore
internal import Synchronization

/// Tables as Parquet files with a Delta Lake transaction log (reader version 1, writer version 2), over any object store.
///
/// A table `orders` is the directory `tables/orders`: data files in one subdirectory for each staging, and `_delta_log`.
/// A staged file never moves: publishing is writing the one log file that names it. A commit is durable and visible to
/// every reader of the format when ``commit(_:)`` returns. Commits are read once and remembered, so the value should be
/// shared, not made anew for each question.
public struct DeltaTableStore: TableStore {
    let store: any ObjectStore
    let prefix: ObjectKey
    let now: @Sendable () -> Timestamp
    private let memory = Memory()

    /// What commits say wrote them.
    static let engineInfo = "Millrace/\(Product.version)"

    /// Tables below a prefix of a store, with time by this machine's clock.
    public init(store: any ObjectStore, prefix: ObjectKey = "tables") {
        self.init(store: store, prefix: prefix, now: { .now })
    }

    /// Tables below a prefix of a store, with time by the given clock.
    public init(store: any ObjectStore, prefix: ObjectKey, now: @escaping @Sendable () -> Timestamp) {
        self.store = store
        self.prefix = prefix
        self.now = now
    }

    /// Lists what has a first log file; directories that hold no table are passed over.
    public func tables() async throws -> [DatasetName] {
        var names: [DatasetName] = []
        for name in try await store.children(of: prefix).map(DatasetName.init(rawValue:)) where name.isValid {
            if try await store.contains(log(of: name).key(of: 0)) { names.append(name) }
        }
        return names.sorted()
    }

    /// Reads only the log files since the version that was read last; an older version is replayed from further back.
    public func snapshot(of table: DatasetName, at version: Int64?) async throws -> TableSnapshot? {
        guard table.isValid else { return nil }
        if let version {
            return try await log(of: table).state(at: version, known: remembered(table)).map(snapshot)
        }
        return try await state(of: table).map(snapshot)
    }

    /// Opens each file, without reading it.
    public func missingFile(of snapshot: TableSnapshot) async throws -> String? {
        let directory = directory(of: snapshot.definition.name)
        guard let root = store.localPath(of: directory) else { throw noLocalPath(snapshot.definition.name) }
        for file in snapshot.files where file.path.hasPrefix(root + "/") {
            let name = String(file.path.dropFirst(root.count + 1))
            if try await !store.contains(directory.appending(name)) { return file.path }
        }
        return nil
    }

    /// Reads every log file of the table.
    public func history(of table: DatasetName) async throws -> [TableVersion] {
        guard table.isValid else { return [] }
        let log = log(of: table)
        var versions: [TableVersion] = []
        var state = TableState(of: table)
        while let commit = try await log.commit(state.version + 1) {
            try state.apply(commit)
            versions.append(
                TableVersion(
                    version: state.version,
                    committedAt: state.committedAt,
                    operation: commit.operation,
                    run: commit.info?.millraceRun.map(RunID.init),
                    rowCount: state.rowCount,
                    size: state.size
                )
            )
        }
        return versions
    }

    /// Names the directory after the run, with something random at the end, so that no two stagings share one.
    public func stage(_ table: DatasetName, for run: RunID) async throws -> String {
        try requireValid(table)
        let name = run.rawValue.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "-" }
        let random = String(UInt32.random(in: .min ... .max), radix: 36)
        let key = directory(of: table).appending("run-\(String(name))-\(random)")
        guard let path = store.localPath(of: key) else { throw noLocalPath(table) }
        try await store.makeDirectory(at: key)
        return path
    }

    // MARK: Parts

    func directory(of table: DatasetName) -> ObjectKey { prefix.appending(table.rawValue) }

    func log(of table: DatasetName) -> DeltaLog {
        DeltaLog(store: store, table: table, directory: directory(of: table).appending("_delta_log"))
    }

    func state(of table: DatasetName) async throws -> TableState? {
        let state = try await log(of: table).latest(after: remembered(table))
        remember(state, of: table)
        return state
    }

    private func remembered(_ table: DatasetName) -> TableState? { memory.states.withLock { $0[table] } }

    func remember(_ state: TableState?, of table: DatasetName) {
        memory.states.withLock { $0[table] = state }
    }

    func snapshot(_ state: TableState) throws -> TableSnapshot {
        let definition = try state.definition()
        let directory = directory(of: definition.name)
        let files = try state.files.sorted { $0.key < $1.key }.map { path, file in
            guard let local = store.localPath(of: directory.appending(path)) else { throw noLocalPath(definition.name) }
            return TableFile(path: local, size: file.size, rowCount: file.rowCount)
        }
        return TableSnapshot(
            definition: definition,
            version: state.version,
            committedAt: state.committedAt,
            files: files,
            cursors: state.cursors
        )
    }

    func requireValid(_ table: DatasetName) throws {
        guard table.isValid else {
            throw PipelineError(
                .invalidConfiguration,
                "'\(table)' cannot be the name of a table",
                while: "writing a table",
                hint: "use lower-case letters, digits and '_', a letter first"
            )
        }
    }

    private func noLocalPath(_ table: DatasetName) -> PipelineError {
        PipelineError(
            .invalidConfiguration,
            "the store of table '\(table)' has no paths that a program on this machine can open",
            while: "opening a table"
        )
    }

    /// The states read so far; a value of its own because a store is copied and a lock is not.
    private final class Memory: Sendable {
        let states = Mutex<[DatasetName: TableState]>([:])
    }
}

extension DeltaCommit {
    /// What was done, in our words where another writer's mean the same.
    var operation: String {
        switch (info?.operation, info?.operationParameters?["mode"]) {
        case ("WRITE", "Append"): "APPEND"
        case ("WRITE", "Overwrite"): "REPLACE"
        case (let operation, _): operation ?? "UNKNOWN"
        }
    }
}
