public import PipelineCore

/// A web shop that does not exist, with the traffic that it would have: what to simulate.
///
/// The same values give the same bytes on every machine. Messages have Segment's form, one JSON object a line, with
/// `receivedAt`: first and returning visitors by hour and weekday, funnels with their drop-off, campaigns and referrers,
/// logins on several devices, crawlers, messages sent twice, and messages of devices that were offline for hours or days.
public struct ShopSimulation: Sendable, Hashable {
    /// Any number; another one gives other traffic.
    public var seed: UInt64
    /// The first day, in UTC; a time of day is dropped.
    public var start: Timestamp
    /// How many days, and so how many files.
    public var days: Int
    /// How many people come for the first time on an average day; they cause about half as many visits again.
    public var visitorsPerDay: Int

    /// A simulation by its number of visitors; numbers below 1 count as 1, `start` must not be before 1970.
    public init(seed: UInt64, start: Timestamp, days: Int, visitorsPerDay: Int) {
        self.seed = seed
        self.start = start
        self.days = max(days, 1)
        self.visitorsPerDay = max(visitorsPerDay, 1)
    }

    /// A simulation of about so many events in all; the real number differs by up to a tenth.
    ///
    /// How many events a new visitor causes, coming back included, was measured: it grows with the logarithm of the days.
    public init(seed: UInt64, start: Timestamp, days: Int, events: Int) {
        let people = max(0, events - Self.monitorEventsPerDay * max(days, 1))
        let perVisitorTimesTen = 56 + 4 * (Int.bitWidth - 1 - max(days, 1).leadingZeroBitCount)
        self.init(
            seed: seed,
            start: start,
            days: days,
            visitorsPerDay: people * 10 / (perVisitorTimesTen * max(days, 1))
        )
    }

    /// The monitor opens a page every five minutes.
    private static let monitorEventsPerDay = 288

    /// Writes one file a day into a store, in bounded memory, and returns the truth.
    ///
    /// The files are `prefix/events-2026-03-01.ndjson.gz` and so on, the last extension by the coding. A file is
    /// replaced if it exists. Stops at a cancellation.
    @discardableResult
    public func write(
        to store: any ObjectStore,
        under prefix: ObjectKey,
        coding: (any ContentCoding)?,
        progress: any ProgressReporting = SilentProgress()
    ) async throws -> ShopTruth {
        let run = ShopRun(self)
        var written: Int64 = 0
        while let file = run.nextFile() {
            let name = file.name + (coding.map { "." + $0.fileExtension } ?? "")
            try await store.write(coding?.encode(file.bytes) ?? file.bytes, to: prefix.appending(name))
            written += 1
            progress.advance("simulating a shop", done: written, total: Int64(days), unit: .steps)
        }
        progress.finish("simulating a shop", outcome: "\(run.truth.events) events")
        return run.truth
    }
}
