internal import PipelineCore

extension IngestionJob {
    /// Brings a landing's rows into the table and its broken ones into the dead letters, each in one commit that also
    /// records the landing as consumed.
    func consume(_ spool: inout Spool, landing: Landing, report: inout IngestionReport) async throws {
        try await spool.finish()
        let existing = try await tables.snapshot(of: options.table, at: nil)
        let superseded = landing.files.flatMap(\.supersedes)
        let inputs = try await LandingInputs(spool: spool, job: self)
        let queries = try await queries(over: inputs, existing: existing)
        let rows = try await writeAccepted(queries, inputs: inputs, existing: existing, superseded: superseded)
        let accepted = rows.written.rowCount - rows.kept
        let rejected = spool.rows - accepted
        guard rejected >= spool.rejectedRows else {
            throw PipelineError(
                .internalError, "\(spool.rows) rows came in, \(accepted) were accepted and \(spool.rejectedRows) rejected",
                while: "ingesting '\(name)'", hint: "nothing was published; please report this"
            )
        }
        if rejected > 0 || !superseded.isEmpty {
            try await bury(queries, inputs: inputs, landing: landing, expecting: rejected, superseded: superseded)
        }
        _ = try await tables.commit(
            TableChange(
                definition: queries.definition, mode: superseded.isEmpty || existing == nil ? .append : .replace,
                files: rows.written.files, cursors: [cursor: landing.sequence], readVersion: existing?.version, run: run
            )
        )
        report.rows += spool.rows
        report.accepted += accepted
        report.rejected += rejected
        report.superseded += (existing?.rowCount ?? 0) - (superseded.isEmpty ? existing?.rowCount ?? 0 : rows.kept)
        try await spool.remove()
        progress.finish(name, outcome: "\(accepted) rows")
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
            return Queries(definition: .eventLog, accepted: selections.map(\.accepted), rejected: selections.map(\.rejected))
        case .table(let table):
            let columns = try await inputs.columns(engine: engine)
            let known = (existing?.definition.schema.fields ?? []).filter { !$0.name.hasPrefix("_") }
            let schema = try await extended(known, with: columns, inputs: inputs)
            let selections = zip(inputs.relations, columns).map {
                TableSelection(schema, timezone: options.timezone, relation: $0, columns: $1)
            }
            let definition = DatasetDefinition(
                name: table, summary: "Rows of the source '\(name)' as they came. One row is a record of a file.",
                schema: Schema(schema.fields + EventLog.provenance)
            )
            return Queries(definition: definition, accepted: selections.map(\.accepted), rejected: selections.map(\.rejected))
        }
    }

    /// The known columns, and those that are new in these records with the types that all their values fit.
    private func extended(_ known: [Field], with columns: [[String]], inputs: LandingInputs) async throws -> Schema {
        var taken = Set(known.map { $0.name.lowercased() })
        var names: [String] = []
        for column in columns.joined() where taken.insert(TableSelection.name(column)).inserted { names.append(column) }
        guard !names.isEmpty else { return Schema(known) }
        let steps = inputs.relations.enumerated().map { index, relation in
            EngineJob.Step.measure(
                label: "\(index)", SQLText(SchemaInference(relation: relation, timezone: options.timezone).counting(names))
            )
        }
        let result = try await engine.run(EngineJob(name: "finding types for '\(name)'", inputs: inputs.tables, steps: steps)) { _ in }
        let answers = steps.indices.compactMap { result.measured["\($0)"]?.first }
        let types = SchemaInference.types(of: names, answers: answers)
        let added = zip(names, types).map { name, type in
            Field(CSVScanner.unique([name])[0], inputs.relations.lazy.compactMap { $0.type(of: name) }.first ?? type)
        }
        return Schema(known + added)
    }

    private func writeAccepted(
        _ queries: Queries, inputs: LandingInputs, existing: TableSnapshot?, superseded: [LandedFile.Superseded]
    ) async throws -> (written: EngineResult.Written, kept: Int64) {
        let schema = queries.definition.schema
        var parts = queries.accepted
        var tables = inputs.tables
        var steps: [EngineJob.Step] = []
        if let existing, !superseded.isEmpty {
            tables.append(EngineTable("existing", schema: existing.definition.schema, storage: .parquet(existing.files.map(\.path))))
            let kept = Self.keeping(existing.definition.schema, as: schema, without: superseded)
            parts.append(kept)
            steps.append(.measure(label: "kept", SQLText("SELECT count(*) AS n FROM (\(kept)) AS kept")))
        }
        if parts.isEmpty { parts = [Self.nothing(schema)] }
        let directory = try await self.tables.stage(options.table, for: run)
        steps.append(.write(label: "rows", SQLText(parts.joined(separator: "\nUNION ALL\n")), into: directory, schema: schema))
        let result = try await engine.run(EngineJob(name: "the rows of '\(name)'", inputs: tables, steps: steps)) { _ in }
        let kept = (result.measured["kept"]?.first?["n"] ?? nil).flatMap { Int64($0) } ?? 0
        guard let written = result.written["rows"] else {
            throw PipelineError(.internalError, "the engine wrote nothing", while: "ingesting '\(name)'")
        }
        return (written, kept)
    }

    /// Writes the landing's broken rows into the dead letters, once.
    private func bury(
        _ queries: Queries, inputs: LandingInputs, landing: Landing, expecting count: Int64, superseded: [LandedFile.Superseded]
    ) async throws {
        let definition = DatasetDefinition.deadLetters
        let existing = try await tables.snapshot(of: definition.name, at: nil)
        if let done = existing?.cursors[cursor], done >= landing.sequence { return }
        let broken = "SELECT file AS millrace_file, row AS millrace_row, reason, encoding, raw FROM rejected_records"
        let all = ([broken] + queries.rejected).joined(separator: "\nUNION ALL\n")
        var rows = """
            SELECT \(sqlLiteral(name)) AS source, files.received_at AS received_at, files.path AS file, broken.reason AS reason,
            broken.encoding AS encoding, broken.raw AS raw, files.file_id AS _file_id, broken.millrace_row AS _row
            FROM (\(all)) AS broken JOIN landed_files AS files ON files.file = broken.millrace_file
            """
        var tables = inputs.tables
        var steps: [EngineJob.Step] = [.measure(label: "rejected", SQLText("SELECT count(*) AS n FROM (\(rows)) AS rejected"))]
        if let existing, !superseded.isEmpty {
            tables.append(EngineTable("existing", schema: existing.definition.schema, storage: .parquet(existing.files.map(\.path))))
            let condition = "source = \(sqlLiteral(name)) AND (\(Self.matching(superseded)))"
            rows += "\nUNION ALL\nSELECT \(definition.schema.names.map(sqlIdentifier).joined(separator: ", ")) FROM existing WHERE NOT (\(condition))"
        }
        let directory = try await self.tables.stage(definition.name, for: run)
        steps.append(.write(label: "rows", SQLText(rows), into: directory, schema: definition.schema))
        let result = try await engine.run(EngineJob(name: "the dead letters of '\(name)'", inputs: tables, steps: steps)) { _ in }
        let found = (result.measured["rejected"]?.first?["n"] ?? nil).flatMap { Int64($0) }
        guard let written = result.written["rows"], found == count else {
            throw PipelineError(
                .internalError, "\(count) rows were rejected, but \(found ?? 0) of them have a reason", while: "ingesting '\(name)'",
                hint: "nothing was published; please report this"
            )
        }
        _ = try await self.tables.commit(
            TableChange(
                definition: definition, mode: superseded.isEmpty || existing == nil ? .append : .replace, files: written.files,
                cursors: [cursor: landing.sequence], readVersion: existing?.version, run: run
            )
        )
    }

    private static func matching(_ superseded: [LandedFile.Superseded]) -> String {
        superseded.map { "(_file_id = \(sqlLiteral($0.fileID)) AND _row >= \($0.fromRow))" }.joined(separator: " OR ")
    }

    private static func keeping(_ old: Schema, as new: Schema, without superseded: [LandedFile.Superseded]) -> String {
        let columns = new.fields.map { field in
            old[field.name] == nil ? "CAST(NULL AS \(field.type)) AS \(sqlIdentifier(field.name))" : sqlIdentifier(field.name)
        }
        return "SELECT \(columns.joined(separator: ", ")) FROM existing WHERE NOT (\(matching(superseded)))"
    }

    private static func nothing(_ schema: Schema) -> String {
        "SELECT " + schema.fields.map { "CAST(NULL AS \($0.type)) AS \(sqlIdentifier($0.name))" }.joined(separator: ", ") + " WHERE false"
    }
}
