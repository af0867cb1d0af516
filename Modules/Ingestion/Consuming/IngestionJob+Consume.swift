internal import PipelineCore

extension IngestionJob {
    /// Brings a landing's rows into the table and its broken ones into the dead letters, each in one commit that also
    /// records the landing as consumed.
    ///
    /// The dead letters come first: when the table says that a landing is consumed, all of it is.
    func consume(_ spool: inout Spool, landing: Landing, report: inout IngestionReport) async throws {
        try await spool.finish()
        let existing = try await tables.snapshot(of: options.table, at: nil)
        let inputs = try await LandingInputs(&spool, job: self)
        let queries = try await queries(over: inputs, existing: existing)
        let replacement = try await Replacement(landing, in: existing, over: inputs, engine: engine)
        let written = try await write(
            queries.accepted,
            as: queries.definition,
            over: inputs,
            replacing: replacement,
            name: "the rows of '\(name)'"
        )
        let rejected = spool.rows - written.added
        guard rejected >= spool.rejectedRows else {
            throw PipelineError(
                .internalError,
                "of \(spool.rows) rows in \(spool.described), \(written.added) were accepted and \(spool.rejectedRows) rejected",
                while: "ingesting '\(name)'",
                hint: "nothing was published; please report this"
            )
        }
        let risen = try await bury(queries, inputs: inputs, landing: landing, expecting: rejected)
        try await commit(written, of: queries.definition, replacing: replacement, landing)
        report.rows += spool.rows
        report.accepted += written.added
        report.rejected += rejected
        report.superseded += replacement.rows
        if landing.isReplay { report.replay(risen) }
        progress.finish(name, outcome: "\(written.added) rows")
    }

    /// The queries of a landing, one pair per relation.
    struct Queries {
        var definition: DatasetDefinition
        var accepted: [String]
        var rejected: [String]
    }

    func queries(over inputs: LandingInputs, existing: TableSnapshot?) async throws -> Queries {
        switch options.target {
        case .events(let mapping):
            let selections = inputs.relations.map {
                EventSelection(mapping, source: name, timezone: options.timezone, relation: $0)
            }
            return Queries(
                definition: .eventLog,
                accepted: selections.map(\.accepted),
                rejected: selections.map(\.rejected)
            )
        case .table(let table):
            let types = TypedText(dialect: engine.records, timezone: options.timezone)
            let columns = try await inputs.columns(engine: engine)
            let fields = (existing?.definition.schema.fields ?? []).filter { !$0.name.hasPrefix("_") }
            // No value has held a column of text to its type where there are no rows.
            let known = existing?.rowCount == 0 ? fields.filter { $0.type != .varchar } : fields
            let inference = SchemaInference(
                inputs.relations,
                columns: columns,
                headers: inputs.headers,
                known: known,
                untyped: fields.filter { !known.contains($0) }.map(\.name),
                types: types
            )
            let steps = inference.steps
            let job = EngineJob(name: "the search for the types of '\(name)'", inputs: inputs.tables, steps: steps)
            let answers = steps.isEmpty ? [:] : try await engine.run(job) { _ in }.measured
            let schema = Schema(known + inference.fields(answers))
            let selections = zip(inputs.relations, columns).map {
                TableSelection(schema, relation: $0, columns: $1, types: types)
            }
            let definition = DatasetDefinition(
                name: table,
                summary: "Rows of the source '\(name)' as they came. One row is a record of a file.",
                schema: Schema(schema.fields + EventLog.provenance)
            )
            return Queries(
                definition: definition,
                accepted: selections.map(\.accepted),
                rejected: selections.map(\.rejected)
            )
        }
    }

    /// Writes the landing's broken rows into the dead letters, once; returns how many of those there it took the place of.
    private func bury(
        _ queries: Queries,
        inputs: LandingInputs,
        landing: Landing,
        expecting count: Int64
    ) async throws -> Int64 {
        let definition = DatasetDefinition.deadLetters
        let existing = try await tables.snapshot(of: definition.name, at: nil)
        if let done = existing?.cursors[cursor], done >= landing.sequence { return 0 }
        let replacement = try await Replacement(landing, in: existing, ofSource: name, over: inputs, engine: engine)
        guard count > 0 || replacement.rows > 0 else { return 0 }
        let broken = "SELECT file AS millrace_file, row AS millrace_row, reason, encoding, raw FROM rejected_records"
        let rows = """
            SELECT \(sqlLiteral(name)) AS source, files.received_at AS received_at, files.path AS file, broken.reason AS reason,
            broken.encoding AS encoding, broken.raw AS raw, files.file_id AS _file_id, broken.millrace_row AS _row
            FROM (\(([broken] + queries.rejected).joined(separator: "\nUNION ALL\n"))) AS broken
            JOIN landed_files AS files ON files.file = broken.millrace_file
            """
        let written = try await write(
            [rows],
            as: definition,
            over: inputs,
            replacing: replacement,
            name: "the dead letters of '\(name)'"
        )
        guard written.added == count else {
            throw PipelineError(
                .internalError,
                "\(count) rows of \(landing.files.first?.path ?? "no file") and others were rejected, but \(written.added) of them have a reason",
                while: "ingesting '\(name)'",
                hint: "nothing was published; please report this"
            )
        }
        try await commit(written, of: definition, replacing: replacement, landing)
        return replacement.rows
    }

    /// What the engine wrote, and how many rows of it are new.
    private struct WrittenRows {
        let files: [StagedFile]
        let added: Int64
    }

    /// Writes the rows of queries into a new directory of a table, with the rows that stay if some are replaced.
    private func write(
        _ queries: [String],
        as definition: DatasetDefinition,
        over inputs: LandingInputs,
        replacing replacement: Replacement,
        name: String
    ) async throws -> WrittenRows {
        var parts = queries.isEmpty ? [Self.nothing(definition.schema)] : queries
        var tables = inputs.tables
        if let existing = replacement.table {
            tables.append(existing)
            parts.append(replacement.keeping(definition.schema))
        }
        let directory = try await self.tables.stage(definition.name, for: run)
        let rows = SQLText(parts.joined(separator: "\nUNION ALL\n"))
        let step = EngineJob.Step.write(label: "rows", rows, into: directory, schema: definition.schema)
        let result = try await engine.run(EngineJob(name: name, inputs: tables, steps: [step])) { _ in }
        guard let written = result.written["rows"] else {
            throw PipelineError(
                .internalError,
                "the engine did not tell what it wrote for \(name)",
                while: "ingesting '\(self.name)'",
                hint: "nothing was published; please report this"
            )
        }
        return WrittenRows(files: written.files, added: written.rowCount - replacement.kept)
    }

    private func commit(
        _ written: WrittenRows,
        of definition: DatasetDefinition,
        replacing replacement: Replacement,
        _ landing: Landing
    ) async throws {
        var cursors = [cursor: landing.sequence]
        if definition.name == options.table { cursors[meaningCursor] = options.meaning }
        _ = try await tables.commit(
            TableChange(
                definition: definition,
                // An append changes no type, and a table without rows has none to lose.
                mode: replacement.table == nil && !replacement.isOfEmpty ? .append : .replace,
                files: written.files,
                cursors: cursors,
                readVersion: replacement.version,
                run: run
            )
        )
    }

    private static func nothing(_ schema: Schema) -> String {
        "SELECT "
            + schema.fields.map { "CAST(NULL AS \($0.type)) AS \(sqlIdentifier($0.name))" }.joined(separator: ", ")
            + " WHERE false"
    }
}
