public import PipelineCore

extension DeltaTableStore {
    /// Removes data files that no version within `grace` holds, and what interrupted runs left; never log files.
    ///
    /// A staging directory counts as left when nothing in it has changed for `grace`, so that must be longer than the
    /// longest run. Other programs that read old versions need it as long as they read.
    public func vacuum(_ table: DatasetName, grace: Duration) async throws -> (files: Int, bytes: Int64) {
        try requireValid(table)
        let limit = now().before(grace)
        let directory = directory(of: table)
        // Listed before the log is read: what is published in between is found in the log.
        let listed = try await store.list(under: directory)
        let kept = try await filesInUse(of: table, since: limit, listed: listed)
        let start = directory.rawValue.utf8.count + 1
        let unused = listed.filter { object in
            let path = String(Substring(object.key.rawValue.utf8.dropFirst(start)))
            // The log, and what other writers keep beside the data, have such names.
            return !path.hasPrefix("_") && object.modified < limit && !kept.contains(path)
        }
        try await store.delete(unused.map(\.key))
        try await store.sweep(under: directory, untouchedSince: limit)
        return (unused.count, unused.reduce(0) { $0 + $1.size })
    }

    /// The paths of all files that were part of the table at some time since a moment.
    private func filesInUse(
        of table: DatasetName,
        since limit: Timestamp,
        listed: [ObjectInfo]
    ) async throws -> Set<String> {
        let log = log(of: table)
        guard let latest = try await state(of: table) else { return [] }
        try log.requireEnd(at: latest.version, listed: listed)
        var kept = Set(latest.files.keys)
        var version = latest.version
        // A file that a version removed was in use until that version was committed.
        while version >= 0, let commit = try await log.commit(version), commit.committedAt ?? limit >= limit {
            for action in commit.actions {
                if let remove = action.remove { kept.insert(PathEncoding.decode(remove.path)) }
            }
            version -= 1
        }
        return kept
    }
}
