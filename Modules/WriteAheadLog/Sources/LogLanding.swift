public import PipelineCore

/// Lands the segments of a log in the raw zone, in order, each event once.
///
/// To the raw zone the log of one writer is a file that grows: each segment is a part of it, and the ledger says how far it
/// has been taken. So several writers can land in one source, and whoever is killed between landing and forgetting a segment
/// finds out.
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
        /// Events that the disk has damaged, and that cannot be landed.
        public var missing: Int64 = 0
    }

    private var path: String { "log/\(log.writer)" }

    /// Lands every segment that is written no more, and forgets it.
    ///
    /// What is thrown leaves the rest for the next time.
    public func land() async throws -> Report {
        var report = Report()
        for segment in await log.sealedSegments() {
            try Task.checkCancellation()
            let landed = try await landedNumber()
            if segment.endNumber > landed { try await land(segment, from: landed, &report) }
            try await log.remove(upTo: segment)
        }
        return report
    }

    /// The number before which all events have landed.
    private func landedNumber() async throws -> Int64 {
        try await rawZone.ledger(of: source).files.first { $0.path == path }?.resumeRow ?? 1
    }

    private func land(_ segment: LogSegment, from start: Int64, _ report: inout Report) async throws {
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
                path: path,
                fileID: log.writer,
                size: segment.size,
                modified: segment.created.microseconds,
                arrival: segment.created.microseconds,
                coding: coding.fileExtension
            )
            file.object = key
            file.firstRow = max(start, segment.firstNumber)
            file.rows = lines.count
            file.resumeRow = segment.endNumber
            try await land(file)
            report.events += lines.count
            report.missing += segment.endNumber - file.firstRow - lines.count
        } catch {
            await object.abort()
            throw error
        }
    }

    /// Logs the part behind whatever others have landed meanwhile.
    private func land(_ file: LandedFile) async throws {
        for attempt in 1...Self.attempts {
            let ledger = try await rawZone.ledger(of: source)
            // A landing whose answer was lost has landed.
            if let entry = ledger.files.first(where: { $0.path == path }), entry.resumeRow >= file.resumeRow { return }
            do {
                _ = try await rawZone.land([file], of: source, after: ledger.latest)
                return
            } catch let error as PipelineError where error.code == .conflict && attempt < Self.attempts {}
        }
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
