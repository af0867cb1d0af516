public import PipelineCore

/// Takes the files of one source into the raw zone, and their rows into a table.
///
/// A file is taken once, a grown one from where it was left, a changed one again. Every landing is consumed exactly once:
/// the table's own log holds the number of the last one, so a run that is killed anywhere is completed by the next. A file
/// that goes away, or becomes another one, between the look at it and its turn is left to the next run.
public struct IngestionJob: Sendable {
    /// The source's name in the config.
    public let name: String
    /// What the config says about its files.
    public let options: IngestionOptions
    let source: any FileSource
    let rawZone: any RawZone
    let tables: any TableStore
    let engine: any QueryEngine
    let codings: [any ContentCoding]
    let workspace: any Workspace
    /// All sources of the config; nil where that is not known.
    let sourceNames: Set<String>?
    let run: RunID
    let clock: @Sendable () -> Timestamp
    let progress: any ProgressReporting
    /// How many stored bytes are landed together at most; a larger file lands alone.
    var batchSize: Int64 = 1 << 30

    /// A job over a source; nothing is touched yet.
    ///
    /// `clock` must give moments that never repeat within a run. With `sourceNames` a file is refused whose content was
    /// taken for the same table by a source that is no longer among them.
    public init(
        name: String,
        source: any FileSource,
        options: IngestionOptions,
        rawZone: any RawZone,
        tables: any TableStore,
        engine: any QueryEngine,
        codings: [any ContentCoding],
        workspace: any Workspace,
        sourceNames: Set<String>? = nil,
        run: RunID,
        clock: @escaping @Sendable () -> Timestamp,
        progress: any ProgressReporting = SilentProgress()
    ) {
        self.name = name
        self.source = source
        self.options = options
        self.rawZone = rawZone
        self.tables = tables
        self.engine = engine
        self.codings = codings
        self.workspace = workspace
        self.sourceNames = sourceNames
        self.run = run
        self.clock = clock
        self.progress = progress
    }

    /// The name under which a table records how far it has consumed this source.
    var cursor: String { Self.cursorPrefix + name }

    static let cursorPrefix = "landing/"

    /// The name under which a table records how this source's records were read; see ``IngestionOptions/meaning``.
    var meaningCursor: String { "meaning/\(name)" }

    /// Does what was planned; returns what came of it.
    ///
    /// Throws if a landing's rows do not add up, before it is published.
    public func run(_ plan: IngestionPlan) async throws -> IngestionReport {
        var report = IngestionReport(source: name, table: options.table)
        report.unchangedFiles = plan.unchanged
        if plan.rebuild != nil { report.superseded += try await forget(plan.unconsumed) }
        for batch in try await batches(of: plan.unconsumed) { try await resume(batch, report: &report) }
        var known = KnownContents(plan.ledger)
        var latest = plan.ledger.latest
        var rest = plan.items[...]
        while !rest.isEmpty {
            let batch = firstBatch(of: rest)
            rest = rest.dropFirst(batch.count)
            latest = try await land(batch, after: latest, known: &known, report: &report)
        }
        return report
    }

    /// The files that are landed together.
    ///
    /// A contested one begins a landing: it may continue what the one before has brought. Each Parquet file is a table to the
    /// engine, and thousands of tables in one query take it minutes.
    private func firstBatch(of items: ArraySlice<IngestionPlan.Item>) -> ArraySlice<IngestionPlan.Item> {
        var size: Int64 = 0
        var parquetFiles = 0
        var isFirst = true
        return items.prefix { item in
            defer {
                (size, isFirst) = (size + item.file.size, false)
                if format(ofPath: item.file.path) == .parquet { parquetFiles += 1 }
            }
            return isFirst || (size + item.file.size <= batchSize && parquetFiles < 200 && !item.isContested)
        }
    }

    private func land(
        _ items: ArraySlice<IngestionPlan.Item>,
        after previous: Int64?,
        known: inout KnownContents,
        report: inout IngestionReport
    ) async throws -> Int64? {
        var spool = Spool("\(name)-\((previous ?? -1) + 1)", in: workspace)
        do {
            let entries = try await take(items, known: &known, into: &spool, report: &report)
            var sequence = previous
            if !entries.isEmpty {
                try await inspectParquet(&spool)
                let counted = Dictionary(spool.files.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
                let files = entries.map { $0.object == nil ? $0 : counted[$0.path] ?? $0 }
                let landing = Landing(
                    sequence: try await rawZone.land(files, of: name, after: previous),
                    files: files
                )
                if landing.changesRows { try await consume(&spool, landing: landing, report: &report) }
                sequence = landing.sequence
            }
            try await spool.remove()
            return sequence
        } catch {
            try? await spool.remove()  // The error that led here says more.
            throw error
        }
    }

    private func take(
        _ items: ArraySlice<IngestionPlan.Item>,
        known: inout KnownContents,
        into spool: inout Spool,
        report: inout IngestionReport
    ) async throws -> [LandedFile] {
        var entries: [LandedFile] = []
        let total = items.reduce(0) { $0 + $1.file.size }
        var done: Int64 = 0
        for item in items {
            try Task.checkCancellation()
            if let item = try await settled(item, known: known),
                let entry = try await FileTaker(job: self).take(item, known: known, into: &spool)
            {
                entries.append(entry)
                known.note(entry)
                report.count(entry.object == nil ? .known : item.action)
            } else {
                report.missedFiles += 1
            }
            done += item.file.size
            progress.advance(name, done: done, total: total, unit: .bytes)
        }
        return entries
    }

    /// A contested item as it is to be taken now that the file before it has been.
    private func settled(_ item: IngestionPlan.Item, known: KnownContents) async throws -> IngestionPlan.Item? {
        guard item.isContested else { return item }
        var settled = try await decide(item.file, known: known, isTaken: true)
        settled?.replaces = item.replaces
        return settled
    }

    /// Consumes what an earlier run has landed.
    private func resume(_ landing: Landing, report: inout IngestionReport) async throws {
        var spool = Spool("\(name)-\(landing.sequence)", in: workspace)
        do {
            for file in landing.files { try await FileTaker(job: self).retake(file, into: &spool) }
            try await inspectParquet(&spool)
            try await consume(&spool, landing: landing, report: &report)
            if !landing.isReplay { report.landedFiles += landing.files.count { $0.object != nil } }
            try await spool.remove()
        } catch {
            try? await spool.remove()  // The error that led here says more.
            throw error
        }
    }

    // MARK: Formats

    /// The format of a file: what the config says, else what its name suggests, else lines of JSON.
    func format(ofPath path: String) -> RecordFormat {
        options.format ?? (options.pattern == nil ? RecordFormat.suggested(by: path) : .lines) ?? .ndjson
    }

    /// What finds the records of a file; nil where the engine does it.
    func scanner(for entry: LandedFile) -> (any RecordScanner)? {
        let isAtStart = entry.contentOffset == 0
        switch format(ofPath: entry.path) {
        case .csv:
            let dialect = CSVScanner.Dialect(
                delimiter: isAtStart ? options.delimiter : entry.delimiter?.utf8.first,
                hasHeader: options.hasHeader && isAtStart,
                columns: isAtStart ? options.columns : entry.columns
            )
            return CSVScanner(dialect, isAtStart: isAtStart)
        case .ndjson: return LineScanner(isJSON: true, isAtStart: isAtStart)
        case .lines: return LineScanner(isJSON: false, isAtStart: isAtStart)
        case .json: return JSONScanner()
        case .parquet: return nil
        }
    }
}
