internal import PipelineCore

/// Reading dead letters again.
///
/// Those that can be used become a landing of their own, whose object holds them as they were fixed, each with the file and
/// position that it had. Consuming it takes the rows there out of the table and the dead letters and puts these in, so that
/// a run that is killed is completed by the next, and reading again all that was ever landed gives the same table.
extension IngestionJob {
    /// Reads dead letters again, by what the config says now, after fixing them.
    ///
    /// What was landed and not consumed is taken before, and so is all that was ever landed where its meaning has changed. A
    /// rehearsal only tells what could be used now, and changes nothing.
    public func replay(_ fix: RecordFix, reason: String? = nil, isRehearsal: Bool = false) async throws -> ReplayReport
    {
        let selection = DeadLetterSelection(source: name, reason: reason)
        var report = ReplayReport(source: name, table: options.table)
        guard let before = try await letters() else { return report }
        if !isRehearsal { report.caughtUp = try await run(try await pending()) }
        if let letters = isRehearsal ? before : try await letters() {
            var candidates = try await candidates(selection, fix, among: letters)
            do {
                let fitting = try await trial(&candidates, &report)
                if isRehearsal {
                    report.before = candidates.selected
                    (report.replayed, report.dead) = (fitting.count, report.before - fitting.count)
                } else if fitting.count > 0 {
                    try await land(fitting)
                }
                try await candidates.spool.remove()
            } catch {
                try? await candidates.spool.remove()  // The error that led here says more.
                throw error
            }
        }
        guard !isRehearsal else { return report }
        _ = try await run(try await pending())
        try await count(selection, since: before, &report)
        return report
    }

    private func letters() async throws -> TableSnapshot? {
        let snapshot = try await tables.snapshot(of: DatasetDefinition.deadLetters.name, at: nil)
        return snapshot?.files.isEmpty == true ? nil : snapshot
    }

    // MARK: Trying

    /// Dead letters that are JSON objects, fixed, in a spool.
    private struct Candidates {
        var spool: Spool
        /// All that were asked for, and those of them that are no objects, by reason.
        var selected: Int64 = 0
        var refused: [String: Int64] = [:]
    }

    private func candidates(
        _ selection: DeadLetterSelection,
        _ fix: RecordFix,
        among letters: TableSnapshot
    ) async throws -> Candidates {
        let files = letters.files.map(\.path)
        let input = EngineTable("letters", schema: letters.definition.schema, storage: .parquet(files))
        let record = engine.records.jsonWithoutHalfPairs("raw")
        let isObject = "encoding <> 'base64' AND coalesce(\(engine.records.isJSONObject(record)), false)"
        let chosen = """
            (SELECT _file_id AS file_id, _row AS row, file AS path, \(engine.dialect.microseconds("received_at")) AS arrival,
            \(record) AS record FROM letters WHERE \(selection.condition) AND \(isObject)) AS chosen
            """
        let names = ReplayedRecords.columns.map(\.name)
        let query = fix.selecting(names.dropLast(), from: chosen, dialect: engine.records)
        let spool = Spool("replay-\(run)", in: workspace)
        var candidates = try await engine.withRows(of: SQLText(query), over: [input]) { _, rows in
            var candidates = Candidates(spool: spool)
            var records = ReplayedRecords()
            for try await chunk in rows { try await records.take(chunk.bytes, into: &candidates.spool) }
            records.finish(&candidates.spool)
            candidates.refused = records.refused
            return candidates
        }
        let others = """
            SELECT reason, count(*) AS n, sum(CASE WHEN \(isObject) THEN 0 ELSE 1 END) AS others
            FROM letters WHERE \(selection.condition) GROUP BY reason
            """
        for row in try await measure(others, over: [input]) {
            candidates.selected += Self.number(row["n"])
            let count = Self.number(row["others"])
            if count > 0, let reason = row["reason"] ?? nil { candidates.refused[reason, default: 0] += count }
        }
        return candidates
    }

    /// Candidates that can be used: how many, and the query that finds them.
    private struct Fitting {
        let count: Int64
        let query: String
        let inputs: [EngineTable]
    }

    private func trial(_ candidates: inout Candidates, _ report: inout ReplayReport) async throws -> Fitting {
        try await candidates.spool.finish()
        let inputs = try await LandingInputs(&candidates.spool, job: self)
        let queries = try await queries(over: inputs, existing: try await tables.snapshot(of: options.table, at: nil))
        var fitting = Fitting(count: 0, query: "", inputs: inputs.tables)
        var reasons = candidates.refused
        if let records = inputs.positioned, !queries.accepted.isEmpty {
            let accepted = queries.accepted.joined(separator: "\nUNION ALL\n")
            let rejected = queries.rejected.joined(separator: "\nUNION ALL\n")
            let broken = try await measure(
                "SELECT reason, count(*) AS n FROM (\(rejected)) AS rejected GROUP BY reason",
                over: inputs.tables
            )
            for row in broken { reasons[(row["reason"] ?? nil) ?? "", default: 0] += Self.number(row["n"]) }
            let rejectedCount = broken.reduce(0) { $0 + Self.number($1["n"]) }
            fitting = Fitting(
                count: candidates.spool.rows - rejectedCount,
                query: """
                    SELECT file_id, row, path, \(engine.dialect.microseconds("received_at")) AS arrival, line AS record
                    FROM (\(records)) AS records
                    WHERE (file_id, row) IN (SELECT _file_id, _row FROM (\(accepted)) AS accepted)
                    """,
                inputs: inputs.tables
            )
        }
        report.reasons = reasons.map { ReplayReport.Reason(text: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.text) < ($0.count, $1.text) }
        return fitting
    }

    // MARK: Landing

    private func land(_ fitting: Fitting) async throws {
        let arrival = clock()
        let coding = codings.first
        let (zone, source) = (rawZone, name)
        let object = try await engine.withRows(of: SQLText(fitting.query), over: fitting.inputs) { _, rows in
            let object = try await zone.object(
                of: source,
                arrival: arrival,
                fileExtension: coding.map { "csv.\($0.fileExtension)" } ?? "csv"
            )
            do {
                let bytes = CountedBytes(rows)
                for try await chunk in coding?.encode(bytes) ?? bytes { try await object.append(chunk) }
                guard bytes.count == fitting.count else {
                    throw PipelineError(
                        .internalError,
                        "of \(fitting.count) records that can be used, \(bytes.count) were found again",
                        while: "replaying '\(source)'",
                        hint: "nothing was changed; please report this"
                    )
                }
                return try await object.finish()
            } catch {
                await object.abort()
                throw error
            }
        }
        let name = "replay/\(run)"
        var file = LandedFile(
            path: name,
            fileID: name,
            size: object.size,
            modified: arrival.microseconds,
            arrival: arrival.microseconds,
            coding: coding?.fileExtension
        )
        file.object = object.key.rawValue
        file.rows = fitting.count
        file.isReplay = true
        try await land(file)
    }

    /// Logs the landing behind those that a collector may be logging meanwhile.
    private func land(_ file: LandedFile) async throws {
        for attempt in 1... {
            let ledger = try await rawZone.ledger(of: name)
            do {
                _ = try await rawZone.land([file], of: name, after: ledger.latest)
                return
            } catch let error as PipelineError where error.code == .conflict && attempt < 50 {}
        }
    }

    /// Spools the records of a replay that has landed.
    func retakeReplay(_ landed: LandedFile, at key: ObjectKey, into spool: inout Spool) async throws {
        let coding = codings.first { $0.fileExtension == landed.coding }
        let stored = try await rawZone.read(key)
        var records = ReplayedRecords()
        var rows = WholeRows()
        for try await chunk in coding?.decode(stored) ?? stored {
            try await records.take(rows.take(chunk), into: &spool)
        }
        try await records.take(rows.leftover, into: &spool)
        records.finish(&spool)
        guard spool.rows == landed.rows else {
            throw PipelineError(
                .corruptData,
                "\(key) has \(spool.rows) records; when it was landed it had \(landed.rows)",
                while: "reading what was replayed of '\(name)'",
                hint: "restore the object from a copy of the lake"
            )
        }
    }

    // MARK: Counting

    /// Looks where the dead letters of a version are now.
    private func count(
        _ selection: DeadLetterSelection,
        since before: TableSnapshot,
        _ report: inout ReplayReport
    ) async throws {
        let now = [DatasetDefinition.deadLetters.name: "letters", options.table: "landed"]
        var inputs = [
            EngineTable("before", schema: before.definition.schema, storage: .parquet(before.files.map(\.path)))
        ]
        for (table, alias) in now {
            let snapshot = try await tables.snapshot(of: table, at: nil)
            inputs.append(
                EngineTable(
                    DatasetName(rawValue: alias),
                    schema: snapshot?.definition.schema ?? DatasetDefinition.deadLetters.schema,
                    storage: .parquet(snapshot?.files.map(\.path) ?? [])
                )
            )
        }
        let query = """
            SELECT count(*) AS selected, count(dead._row) AS dead, count(used._row) AS used,
              count(CASE WHEN dead._row IS NOT NULL THEN used._row END) AS doubled
            FROM (SELECT _file_id, _row FROM before WHERE \(selection.condition)) AS chosen
            LEFT JOIN (SELECT DISTINCT _file_id, _row FROM letters WHERE source = \(sqlLiteral(name))) AS dead
              ON dead._file_id = chosen._file_id AND dead._row = chosen._row
            LEFT JOIN (SELECT DISTINCT _file_id, _row FROM landed) AS used
              ON used._file_id = chosen._file_id AND used._row = chosen._row
            """
        let counts = try await measure(query, over: inputs).first ?? [:]
        let doubled = Self.number(counts["doubled"])
        guard doubled == 0 else {
            throw PipelineError(
                .internalError,
                "\(doubled) records are in '\(options.table)' and in the dead letters too",
                while: "replaying '\(name)'",
                hint: "a full run brings them in order; please report this"
            )
        }
        report.before = Self.number(counts["selected"])
        report.replayed = Self.number(counts["used"])
        report.dead = Self.number(counts["dead"])
        report.superseded = report.before - report.replayed - report.dead
    }

    private func measure(_ query: String, over inputs: [EngineTable]) async throws -> [[String: String?]] {
        let step = EngineJob.Step.measure(label: "answer", SQLText(query))
        let job = EngineJob(name: "the dead letters of '\(name)'", inputs: inputs, steps: [step])
        return try await engine.run(job) { _ in }.measured["answer"] ?? []
    }

    private static func number(_ value: String??) -> Int64 { (value ?? nil).flatMap { Int64($0) } ?? 0 }
}
