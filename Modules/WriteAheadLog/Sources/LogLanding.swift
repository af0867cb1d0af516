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
    /// What is thrown leaves the rest for the next time.
    @discardableResult
    public func land(onLanded: (Report) -> Void = { _ in }) async throws -> Report {
        var total = Report()
        for segment in await log.sealedSegments() {
            var landed: Report?
            while landed == nil { landed = try await land(segment) }
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
    private func land(_ segment: LogSegment) async throws -> Report? {
        try Task.checkCancellation()
        let start = max(segment.firstNumber, try await ledger().nextRow(of: LogMark.path(of: segment.writer)))
        guard segment.endNumber > start else { return Report() }
        let object = try await rawZone.object(
            of: source,
            arrival: segment.created,
            fileExtension: "ndjson.\(coding.fileExtension)"
        )
        let lines = CountedLines(lines: log.lines(of: segment, from: start))
        do {
            for try await chunk in coding.encode(lines) { try await object.append(chunk) }
            let key = try await object.finish().key.rawValue
            var file = LandedFile(
                path: LogMark.path(of: segment.writer),
                fileID: segment.writer,
                size: segment.size,
                modified: segment.created.microseconds,
                arrival: segment.created.microseconds,
                coding: coding.fileExtension
            )
            file.object = key
            file.firstRow = start
            file.rows = lines.count
            file.resumeRow = segment.endNumber
            guard try await land(file) else { return nil }
            return Report(events: lines.count, missing: segment.endNumber - start - lines.count)
        } catch {
            await object.abort()
            throw error
        }
    }

    /// Logs the part behind whatever others have landed meanwhile; false where that was of the same writer.
    private func land(_ file: LandedFile) async throws -> Bool {
        for attempt in 1...Self.attempts {
            let ledger = try await ledger()
            if let entry = ledger.files.first(where: { $0.path == file.path }), entry.resumeRow > file.firstRow {
                // A landing whose answer was lost has landed.
                return entry.object == file.object
            }
            do {
                _ = try await rawZone.land([file], of: source, after: ledger.latest)
                return true
            } catch let error as PipelineError where error.code == .conflict && attempt < Self.attempts {}
        }
        return false
    }
}

/// Lines on their way, counted; damage at a segment's end just ends them.
private final class CountedLines: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error
    private let lines: SegmentLines
    private let total = Counter()

    init(lines: SegmentLines) { self.lines = lines }

    /// How many lines have gone by.
    var count: Int64 { total.value }

    struct AsyncIterator: AsyncIteratorProtocol {
        var lines: SegmentLines.AsyncIterator
        let total: Counter

        mutating func next() async throws -> [UInt8]? {
            do {
                guard let record = try await lines.nextRecord() else { return nil }
                total.add(Int64(record.count))
                return record.lines
            } catch let error as PipelineError where error.code == .corruptData { return nil }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(lines: lines.makeAsyncIterator(), total: total) }
}
