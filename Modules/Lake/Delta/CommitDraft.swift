internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The actions that make a change the next version of a table.
struct CommitDraft {
    /// A file to publish.
    struct Staged {
        let key: ObjectKey
        /// Relative to the table.
        let path: String
        let file: StagedFile
        let modified: Timestamp
    }

    let change: TableChange
    /// Nil where the table does not exist yet.
    let before: TableState?
    let staged: [Staged]
    /// In milliseconds since 1970.
    let time: Int64

    /// What the version changes, in a fixed order; empty where it changes nothing.
    func actions() throws -> [DeltaAction] {
        var actions: [DeltaAction] = []
        if before == nil { actions.append(DeltaAction(protocol: .ours)) }
        let metaData = try metaData()
        if let metaData { actions.append(DeltaAction(metaData: metaData)) }
        actions += try transactions().map { DeltaAction(txn: $0) }
        actions += removes.map { DeltaAction(remove: $0) }
        let schema =
            try metaData.map { try DeltaSchema($0.schemaString, of: change.definition.name).schema }
            ?? change.definition.schema
        actions += try staged.map { DeltaAction(add: try add($0, schema)) }
        return actions
    }

    /// Who makes the version and what comes of it.
    func info() -> DeltaAction {
        let files = staged.map(\.file)
        return DeltaAction(
            commitInfo: DeltaCommitInfo(
                timestamp: time,
                operation: "WRITE",
                operationParameters: ["mode": change.mode == .append ? "Append" : "Overwrite", "partitionBy": "[]"],
                operationMetrics: [
                    "numFiles": String(files.count), "numRemovedFiles": String(removes.count),
                    "numOutputRows": String(files.reduce(0) { $0 + $1.rowCount }),
                    "numOutputBytes": String(files.reduce(0) { $0 + $1.size }),
                ],
                readVersion: before?.version,
                isolationLevel: "Serializable",
                isBlindAppend: before == nil && change.mode == .append,
                engineInfo: DeltaTableStore.engineInfo,
                txnId: UUID().uuidString.lowercased(),
                millraceRun: change.run.rawValue
            )
        )
    }

    /// The table's metadata after the change, where it differs from before.
    private func metaData() throws -> DeltaMetaData? {
        let wanted = change.definition
        guard let before, let current = before.metaData else {
            try wanted.schema.requireStorable(in: wanted.name)
            var created = DeltaMetaData(
                id: UUID().uuidString.lowercased(),
                name: wanted.name.rawValue,
                description: wanted.summary,
                format: DeltaMetaData.Format(provider: "parquet", options: [:]),
                schemaString: try DeltaSchema(wanted.schema).encoded(),
                partitionColumns: [],
                // Without the first log files we could not read the table; other writers would remove them after a month.
                configuration: ["delta.enableExpiredLogCleanup": "false"],
                createdTime: time
            )
            created.key = wanted.key
            return created
        }
        let existing = try before.definition()
        let schema =
            change.mode == .replace
            ? wanted.schema
            : try existing.schema.extended(by: wanted.schema, hasRows: before.rowCount > 0, in: wanted.name)
        guard schema != existing.schema || wanted.summary != existing.summary || wanted.key != existing.key else {
            return nil
        }
        try schema.requireStorable(in: wanted.name)
        var changed = current
        if schema != existing.schema { changed.schemaString = try DeltaSchema(schema).encoded() }
        changed.description = wanted.summary
        changed.key = wanted.key
        return changed
    }

    private func transactions() throws -> [DeltaTransaction] {
        try change.cursors.sorted { $0.key < $1.key }.compactMap { name, position in
            let current = before?.cursors[name]
            // A table that is computed anew may be so from inputs that were rebuilt; what is added comes from further on.
            guard change.mode == .replace || position >= current ?? position else {
                throw PipelineError(
                    .internalError,
                    "input '\(name)' would go back from \(current ?? 0) to \(position)",
                    while: "publishing a version of table '\(change.definition.name)'"
                )
            }
            return position == current ? nil : DeltaTransaction(appId: name, version: position, lastUpdated: time)
        }
    }

    private var removes: [DeltaRemove] {
        guard change.mode == .replace, let before else { return [] }
        return before.files.sorted { $0.key < $1.key }.map { path, file in
            DeltaRemove(
                path: PathEncoding.encode(path),
                deletionTimestamp: time,
                dataChange: true,
                extendedFileMetadata: true,
                partitionValues: [:],
                size: file.size
            )
        }
    }

    private func add(_ staged: Staged, _ schema: Schema) throws -> DeltaAdd {
        DeltaAdd(
            path: PathEncoding.encode(staged.path),
            partitionValues: [:],
            size: staged.file.size,
            modificationTime: staged.modified.milliseconds,
            dataChange: true,
            stats: try DeltaStatistics(staged.file, schema: schema).encoded()
        )
    }
}
