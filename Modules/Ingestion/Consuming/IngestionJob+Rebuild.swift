internal import PipelineCore

/// Reading again what was landed.
extension IngestionJob {
    /// Why the table's rows of this source are no longer what the config says; nil where they are.
    func reasonToRebuild(from snapshot: TableSnapshot?, isFull: Bool) -> String? {
        guard let snapshot, snapshot.cursors[cursor] != nil else { return nil }
        if isFull { return "a full run was asked for" }
        return snapshot.cursors[meaningCursor] == options.meaning ? nil : "what its columns mean has changed"
    }

    /// Takes the rows of landings out of the table and the dead letters, and marks the landings as not consumed.
    ///
    /// Returns how many rows went. Until the first landing has been consumed again the table says that its rows mean
    /// nothing, so that a run that is killed in between is begun anew.
    func forget(_ landings: [Landing]) async throws -> Int64 {
        let contents = Set(landings.flatMap(\.files).map(\.fileID)).sorted().map(sqlLiteral)
        guard !contents.isEmpty else { return 0 }
        let ours = "_file_id IN (\(contents.joined(separator: ", ")))"
        let count = try await remove(ours, from: options.table, [cursor: -1, meaningCursor: -1])
        return try await count
            + remove("source = \(sqlLiteral(name))", from: DatasetDefinition.deadLetters.name, [cursor: -1])
    }

    private func remove(_ condition: String, from table: DatasetName, _ cursors: [String: Int64]) async throws -> Int64
    {
        guard let snapshot = try await tables.snapshot(of: table, at: nil) else { return 0 }
        var change = TableChange(
            definition: snapshot.definition,
            mode: .replace,
            files: [],
            cursors: cursors,
            readVersion: snapshot.version,
            run: run
        )
        var kept: Int64 = 0
        if !snapshot.files.isEmpty {
            let existing = EngineTable(
                "existing",
                schema: snapshot.definition.schema,
                storage: .parquet(snapshot.files.map(\.path))
            )
            let columns = snapshot.definition.schema.names.map(sqlIdentifier).joined(separator: ", ")
            let rest = SQLText("SELECT \(columns) FROM existing WHERE NOT coalesce(\(condition), false)")
            let step = EngineJob.Step.write(
                label: "rows",
                rest,
                into: try await tables.stage(table, for: run),
                schema: snapshot.definition.schema
            )
            let job = EngineJob(name: "the rows of '\(table)' that stay", inputs: [existing], steps: [step])
            let result = try await engine.run(job) { _ in }
            guard let written = result.written["rows"] else {
                throw PipelineError(.internalError, "the engine wrote nothing", while: "rebuilding '\(name)'")
            }
            (change.files, kept) = (written.files, written.rowCount)
        }
        _ = try await tables.commit(change)
        return snapshot.rowCount - kept
    }

    // MARK: Sources that are gone

    /// Refuses files whose rows are in the table under the name of a source that the config no longer has.
    ///
    /// A source that was renamed would bring all of its rows a second time.
    func refuse(_ items: [IngestionPlan.Item], takenBySourcesThatAreGoneFrom snapshot: TableSnapshot?) async throws {
        guard let sourceNames, let snapshot else { return }
        let names = snapshot.cursors.keys.filter { $0.hasPrefix(Self.cursorPrefix) }.sorted()
            .map { String($0.dropFirst(Self.cursorPrefix.count)) }
        for former in names where !sourceNames.contains(former) && former != name {
            let known = KnownContents(try await rawZone.ledger(of: former))
            for item in items where item.earlier == nil && !known.isEmpty {
                switch try await FileContent(item.file, of: source, codings: codings).identify(among: known) {
                case .gone, .unknown: continue
                case .known, .grown:
                    throw PipelineError(
                        .conflict,
                        "the rows of \(item.file.path) are in '\(options.table)' already, from the source '\(former)', "
                            + "which is no longer in the config",
                        while: "looking for what is new in '\(name)'",
                        hint: "call the source '\(former)' again, or take the file away"
                    )
                }
            }
        }
    }
}
