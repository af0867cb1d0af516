public import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension DeltaTableStore {
    /// Publishes staged files, in this order: they are made durable, then the log file that names them.
    ///
    /// Files without rows are not published, and a change that changes nothing makes no version. An error before the log
    /// file is there leaves the table as it was; one after it may hide a success, which the next snapshot's cursors tell.
    public func commit(_ change: TableChange) async throws -> TableSnapshot {
        let table = change.definition.name
        try requireValid(table)
        let before = try await state(of: table)
        guard before?.version == change.readVersion else { throw overtaken(table, at: before?.version) }
        try before?.requireWritable(for: change.mode)
        let staged = try await stagedFiles(of: change, before: before)

        let time = max(
            Timestamp(microseconds: now().milliseconds * 1000),
            before?.committedAt ?? Timestamp(microseconds: 0)
        )
        let draft = CommitDraft(change: change, before: before, staged: staged, time: time.milliseconds)
        let actions = try draft.actions()
        if let before, actions.isEmpty { return try snapshot(before) }

        let version = (before?.version ?? -1) + 1
        let commit = DeltaCommit(version: version, actions: [draft.info()] + actions)
        var after = before ?? TableState(of: table)
        try after.apply(commit)

        let log = log(of: table)
        try await store.sync(staged.map(\.key))
        guard try await store.createOrConfirm(try commit.encoded(), at: log.key(of: version)) else {
            throw overtaken(table, at: version)
        }
        remember(after, of: table)
        await log.save(after)
        return try snapshot(after)
    }

    /// The files of a change that hold rows, found where their engine says it wrote them, and as large.
    private func stagedFiles(of change: TableChange, before: TableState?) async throws -> [CommitDraft.Staged] {
        let directory = directory(of: change.definition.name)
        guard let root = store.localPath(of: directory) else {
            throw invalid("the store has no local paths", change)
        }
        var listed: [ObjectKey: ObjectInfo] = [:]
        var listedDirectories: Set<String> = []
        var staged: [CommitDraft.Staged] = []
        for file in change.files where file.rowCount > 0 {
            guard file.path.hasPrefix(root + "/run-") else {
                throw invalid("\(file.path) is in no staging directory of the table", change)
            }
            let path = String(file.path.dropFirst(root.count + 1))
            let run = String(path.prefix { $0 != "/" })
            if listedDirectories.insert(run).inserted {
                for info in try await store.list(under: directory.appending(run)) { listed[info.key] = info }
            }
            let key = directory.appending(path)
            guard let info = listed[key], info.size == file.size else {
                throw PipelineError(
                    .corruptData,
                    "\(file.path) has \(listed[key].map { "\($0.size)" } ?? "no") bytes, not the \(file.size) that were written",
                    while: "publishing a version of table '\(change.definition.name)'"
                )
            }
            guard before?.files[path] == nil, !staged.contains(where: { $0.key == key }) else {
                throw invalid("\(file.path) is in the table already", change)
            }
            try requireValues(file, change)
            staged.append(CommitDraft.Staged(key: key, path: path, file: file, modified: info.modified))
        }
        return staged.sorted { $0.path < $1.path }
    }

    private func requireValues(_ file: StagedFile, _ change: TableChange) throws {
        for field in change.definition.schema.fields where !field.isNullable {
            guard let nulls = file.statistics[field.name]?.nullCount, nulls > 0 else { continue }
            throw PipelineError(
                .schemaMismatch,
                "\(nulls) rows have no value in '\(field.name)', which must have one",
                while: "publishing a version of table '\(change.definition.name)'"
            )
        }
    }

    private func overtaken(_ table: DatasetName, at version: Int64?) -> PipelineError {
        PipelineError(
            .conflict,
            "table '\(table)' has changed meanwhile and is \(version.map { "at version \($0)" } ?? "gone")",
            while: "publishing a version of table '\(table)'",
            hint: "run again from the new version",
            recovery: .retry(after: nil)
        )
    }

    private func invalid(_ problem: String, _ change: TableChange) -> PipelineError {
        PipelineError(.internalError, problem, while: "publishing a version of table '\(change.definition.name)'")
    }
}

extension TableState {
    /// Throws where the table asks of its writers what we do not do.
    fileprivate func requireWritable(for mode: TableChange.Mode) throws {
        let problem: String? =
            if protocolVersion.minWriterVersion > DeltaProtocol.ours.minWriterVersion {
                "needs writers of version \(protocolVersion.minWriterVersion)"
            } else if mode == .replace, metaData?.configuration["delta.appendOnly"]?.lowercased() == "true" {
                "may only be appended to"
            } else if let metaData,
                let column = try DeltaSchema(metaData.schemaString, of: DatasetName(rawValue: table)).invariants.first
            {
                "has a rule for column '\(column)'"
            } else {
                nil
            }
        guard let problem else { return }
        throw PipelineError(
            .schemaMismatch,
            "table '\(table)' \(problem)",
            while: "publishing a version of table '\(table)'",
            hint: "another program has set this up; write to a table of another name"
        )
    }
}
