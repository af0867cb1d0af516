public import PipelineCore

/// Lands the segments of a log in the raw zone, in order, each event once.
///
/// To the raw zone what one writer has written is a file that grows: each segment is a part of it, and the ledger says how far
/// it has been taken. So several logs can land in one source, copies of one log among them, and whoever is killed between
/// landing and forgetting a segment finds out.
public struct LogLanding: Sendable {
    /// How often a landing is tried again that other writers came before.
    private static let attempts = 50

    private let log: WriteAheadLog
    private let source: String
    private let rawZone: any RawZone
    private let coding: any ContentCoding

    /// A landing of `log` as a part of `source`; objects are compressed by `coding`.
    public init(_ log: WriteAheadLog, source: String, rawZone: any RawZone, coding: any ContentCoding) {
        self.log = log
        self.source = source
        self.rawZone = rawZone
        self.coding = coding
    }

    /// What came of landing.
    public struct Report: Sendable, Equatable {
        /// Events that are in the raw zone now and were not before.
        public var events: Int64 = 0
        /// Events that the disk has damaged, and that cannot be landed; not those that opening the log has told of.
        public var missing: Int64 = 0
    }

    /// Throws where the lake does not know of what the log has forgotten since it had landed.
    public func check() async throws { _ = try await ledger() }

    /// Lands every segment that is written no more, and forgets it; `onLanded` is told of each one that was.
    ///
    /// What is thrown leaves the rest for the next time. For as long as it is to give way (`givesWay`, nil: never) it rests for
    /// most of the time that the log is filled; it ends before another segment once that is over.
    @discardableResult
    public func land(while givesWay: (@Sendable () -> Bool)? = nil, onLanded: (Report) -> Void = { _ in }) async throws
        -> Report
    {
        var total = Report()
        for segment in await log.sealedSegments() where givesWay?() ?? true {
            var landed: Report?
            while landed == nil { landed = try await land(segment, givesWay) }
            guard var landed else { continue }
            let isDamaged = max(landed.missing, segment.missing) > 0 && !segment.isCopy
            landed.missing = max(0, landed.missing - segment.missing)
            if landed != Report() {
                total.events += landed.events
                total.missing += landed.missing
                onLanded(landed)
            }
            try await log.remove(upTo: segment, keepingFile: isDamaged)
        }
        return total
    }

    /// The ledger, which knows of everything that the log has forgotten.
    private func ledger() async throws -> Ledger {
        let ledger = try await rawZone.ledger(of: source)
        try log.mark(of: source)?.check(against: ledger)
        return ledger
    }

    /// Lands what the raw zone does not hold of a segment; nil where another process has landed of it meanwhile.
    private func land(_ segment: LogSegment, _ givesWay: (@Sendable () -> Bool)?) async throws -> Report? {
        try Task.checkCancellation()
        let ledger = try await ledger()
        let all = segment.firstNumber..<segment.endNumber
        var files: [LandedFile] = []
        for gap in ledger.gaps(of: segment.writer) where gap.numbers.overlaps(all) {
            let runs = try await runs(of: segment, gap.numbers.clamped(to: all), givesWay)
            files += parts(of: gap, filledBy: runs, segment)
        }
        var report = Report(events: files.reduce(0) { $0 + $1.rows })
        let path = LogMark.path(of: segment.writer)
        let next = ledger.nextRow(of: path)
        let start = max(segment.firstNumber, next)
        if start < segment.endNumber {
            let runs = try await runs(of: segment, start..<segment.endNumber, givesWay)
            var gaps = Self.gaps(between: runs, start..<segment.endNumber)
            // These were in a file that is gone, or have landed in another lake: nobody can tell.
            if next < start { gaps.append(next..<start) }
            let landed = runs.reduce(0) { $0 + Int64($1.numbers.count) }
            report.events += landed
            report.missing = segment.endNumber - start - landed
            files += gaps.map {
                file(of: segment, at: LogGap(writer: segment.writer, numbers: $0).path, Run(numbers: $0))
            }
            files += runs.map { file(of: segment, at: path, $0) }
            if runs.isEmpty { files.append(file(of: segment, at: path, Run(numbers: start..<segment.endNumber))) }
            // What is missing at the end has been looked for too.
            files[files.count - 1].resumeRow = segment.endNumber
        }
        guard !files.isEmpty else { return report }
        return try await land(files) ? report : nil
    }

    /// Events without a number missing, and their object; nil where they cannot be read.
    private struct Run {
        var numbers: Range<Int64>
        var object: ObjectKey?
    }

    /// Writes an object for each run of events that can be read.
    private func runs(of segment: LogSegment, _ numbers: Range<Int64>, _ givesWay: (@Sendable () -> Bool)?) async throws
        -> [Run]
    {
        let records = RecordRuns(log.lines(of: segment, numbers))
        var runs: [Run] = []
        while let first = try await records.next() {
            let object = try await rawZone.object(
                of: source,
                arrival: segment.created,
                fileExtension: "ndjson.\(coding.fileExtension)"
            )
            do {
                var start = ContinuousClock.now
                for try await chunk in coding.encode(records) {
                    try await object.append(chunk)
                    if log.isBusy, givesWay?() ?? false { try await rest(since: start) }
                    start = .now
                }
                runs.append(Run(numbers: first..<records.end, object: try await object.finish().key))
            } catch {
                await object.abort()
                throw error
            }
        }
        return runs
    }

    /// Rests so long that landing takes a tenth of the time.
    private func rest(since start: ContinuousClock.Instant) async throws {
        try await Task.sleep(for: min((ContinuousClock.now - start) * 9, .seconds(1)))
    }

    /// What becomes of a gap of which a log holds more than was there before: the first run takes its place, others and what
    /// is still missing have entries of their own.
    private func parts(of gap: LogGap, filledBy runs: [Run], _ segment: LogSegment) -> [LandedFile] {
        guard let first = runs.first else { return [] }
        let missing = Self.gaps(between: runs, gap.numbers).map { Run(numbers: $0) }
        let others = (missing + runs.dropFirst()).map { run in
            file(of: segment, at: LogGap(writer: gap.writer, numbers: run.numbers).path, run)
        }
        return others + [file(of: segment, at: gap.path, first)]
    }

    private static func gaps(between runs: [Run], _ numbers: Range<Int64>) -> [Range<Int64>] {
        let ends = [numbers.lowerBound] + runs.map(\.numbers.upperBound)
        let beginnings = runs.map(\.numbers.lowerBound) + [numbers.upperBound]
        return zip(ends, beginnings).filter { $0 < $1 }.map { $0..<$1 }
    }

    private func file(of segment: LogSegment, at path: String, _ run: Run) -> LandedFile {
        var file = LandedFile(
            path: path,
            fileID: segment.writer,
            size: segment.size,
            modified: segment.created.microseconds,
            arrival: segment.created.microseconds,
            coding: coding.fileExtension
        )
        file.object = run.object?.rawValue
        file.firstRow = run.numbers.lowerBound
        file.rows = run.object == nil ? 0 : Int64(run.numbers.count)
        file.resumeRow = run.numbers.upperBound
        return file
    }

    /// Logs the parts behind whatever others have landed meanwhile; false where that was of the same events.
    private func land(_ files: [LandedFile]) async throws -> Bool {
        for attempt in 1...Self.attempts {
            let ledger = try await ledger()
            let isLanded = files.contains { file in
                guard let entry = ledger.files.first(where: { $0.path == file.path }) else { return false }
                let isGap = file.path != LogMark.path(of: file.fileID)
                return isGap ? entry.object != nil : entry.resumeRow > file.firstRow
            }
            // A landing whose answer was lost has landed.
            if isLanded {
                return ledger.files.contains { $0.path == files.last?.path && $0.object == files.last?.object }
            }
            do {
                _ = try await rawZone.land(files, of: source, after: ledger.latest)
                return true
            } catch let error as PipelineError where error.code == .conflict && attempt < Self.attempts {}
        }
        return false
    }
}
