public import PipelineCore

/// Takes the files of one source into the raw zone, and their rows into a table.
///
/// A file is taken once, a grown one from where it was left, a changed one again. Every landing is consumed exactly once:
/// the table's own log holds the number of the last one, so a run that is killed anywhere is completed by the next.
public struct IngestionJob: Sendable {
    public let name: String
    public let options: IngestionOptions
    let source: any FileSource
    let rawZone: any RawZone
    let tables: any TableStore
    let engine: any QueryEngine
    let codings: [any ContentCoding]
    let workspace: any Workspace
    let run: RunID
    let clock: @Sendable () -> Timestamp
    let progress: any ProgressReporting
    /// How many stored bytes are landed together at most; a larger file lands alone.
    var batchSize: Int64 = 1 << 30

    /// A job over a source; nothing is touched yet. `clock` must give moments that never repeat within a run.
    public init(
        name: String, source: any FileSource, options: IngestionOptions, rawZone: any RawZone, tables: any TableStore,
        engine: any QueryEngine, codings: [any ContentCoding], workspace: any Workspace, run: RunID,
        clock: @escaping @Sendable () -> Timestamp, progress: any ProgressReporting = SilentProgress()
    ) {
        self.name = name
        self.source = source
        self.options = options
        self.rawZone = rawZone
        self.tables = tables
        self.engine = engine
        self.codings = codings
        self.workspace = workspace
        self.run = run
        self.clock = clock
        self.progress = progress
    }

    /// The name under which a table records how far it has consumed this source.
    var cursor: String { "landing/\(name)" }

    /// Does what was planned; returns what came of it. Throws if a landing's rows do not add up, before it is published.
    public func run(_ plan: IngestionPlan) async throws -> IngestionReport {
        var report = IngestionReport(source: name, table: options.table)
        report.unchangedFiles = plan.unchanged
        for landing in plan.unconsumed {
            var spool = Spool("\(name)-\(landing.sequence)", in: workspace)
            let taker = FileTaker(job: self, clock: clock)
            for file in landing.files { try await taker.retake(file, into: &spool) }
            try await consume(&spool, landing: landing, report: &report)
        }
        var latest = plan.latestLanding
        var rest = plan.items[...]
        while !rest.isEmpty {
            let batch = firstBatch(of: rest)
            rest = rest.dropFirst(batch.count)
            latest = try await land(batch, after: latest, report: &report)
        }
        return report
    }

    private func firstBatch(of items: ArraySlice<IngestionPlan.Item>) -> ArraySlice<IngestionPlan.Item> {
        var size: Int64 = 0
        return items.prefix { item in
            defer { size += item.file.size }
            return size == 0 || size + item.file.size <= batchSize
        }
    }

    private func land(
        _ items: ArraySlice<IngestionPlan.Item>, after previous: Int64?, report: inout IngestionReport
    ) async throws -> Int64 {
        var spool = Spool("\(name)-\((previous ?? -1) + 1)", in: workspace)
        let taker = FileTaker(job: self, clock: clock)
        var entries: [LandedFile] = []
        let total = items.reduce(0) { $0 + $1.file.size }
        var done: Int64 = 0
        for item in items {
            try Task.checkCancellation()
            entries.append(try await taker.take(item, into: &spool))
            report.count(item.action)
            done += item.file.size
            progress.advance(name, done: done, total: total, unit: .bytes)
        }
        try await inspectParquet(&spool)
        let counted = Dictionary(spool.files.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
        let files = entries.map { $0.object == nil ? $0 : counted[$0.path] ?? $0 }
        let sequence = try await rawZone.land(files, of: name, after: previous)
        try await consume(&spool, landing: Landing(sequence: sequence, files: files), report: &report)
        return sequence
    }

    /// Counts the rows of Parquet objects; one that is no Parquet file is turned away as a whole.
    func inspectParquet(_ spool: inout Spool) async throws {
        for (index, path) in spool.parquet {
            do {
                spool.setRows(try await engine.describe(parquet: path).rowCount, ofFile: index)
            } catch let error as PipelineError where error.code != .outOfResources && error.code != .notFound {
                try await spool.rejectFile(index, reason: "the file is no Parquet file")
            }
        }
    }

    /// The format of a file: what the config says, else what its name suggests, else lines of JSON.
    func format(of file: SourceFile) -> RecordFormat { format(ofPath: file.path) }

    func format(ofPath path: String) -> RecordFormat {
        options.format ?? (options.pattern == nil ? RecordFormat.suggested(by: path) : .lines) ?? .ndjson
    }

    /// What finds the records of a file; nil where the engine does it.
    func scanner(for entry: LandedFile) -> (any RecordScanner)? {
        switch format(ofPath: entry.path) {
        case .csv:
            let isResumed = entry.contentOffset > 0
            return CSVScanner(
                CSVScanner.Dialect(
                    delimiter: isResumed ? entry.delimiter?.utf8.first : options.delimiter,
                    hasHeader: options.hasHeader && !isResumed, columns: isResumed ? entry.columns : options.columns
                )
            )
        case .ndjson, .lines: return LineScanner()
        case .json: return JSONScanner()
        case .parquet: return nil
        }
    }

    func localPath(_ key: ObjectKey) -> String { rawZone.localPath(of: key) ?? "" }
}
