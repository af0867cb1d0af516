internal import BlockingIO
public import PipelineCore
internal import Synchronization

/// Keeps what a receiver has acknowledged until it is safe elsewhere.
///
/// ``append(_:events:)`` returns when its lines are on stable storage; lines that arrive together share one sync. A log
/// that was killed, on a machine that lost power, is opened again without help: all that was acknowledged is there, and
/// what a half-written end held is not. One process uses a directory at a time; its user sees to that.
public final class WriteAheadLog: Sendable {
    /// How a log is written.
    public struct Options: Sendable {
        /// How long a sync waits at most for more to share it, if another has just been made.
        public var commitDelay: Duration
        /// So many bytes do not wait.
        public var commitSize: Int
        /// When a segment is full, in bytes; at the latest when it is half of the capacity.
        public var segmentSize: Int64
        /// How many bytes may wait in all segments before the log is full.
        public var capacity: Int64

        /// Commits every 2 ms or 1 MiB, segments of 64 MiB, 8 GiB in all, unless told otherwise.
        public init(
            commitDelay: Duration = .milliseconds(2),
            commitSize: Int = 1 << 20,
            segmentSize: Int64 = 64 << 20,
            capacity: Int64 = 8 << 30
        ) {
            self.commitDelay = commitDelay
            self.commitSize = commitSize
            self.segmentSize = segmentSize
            self.capacity = capacity
        }
    }

    /// The cause of what ``append(_:events:)`` throws where nothing has failed.
    public enum Refusal: Error {
        /// As much waits to land as may.
        case full
        /// The disk does not keep up.
        case overtaxed
        /// The log is being closed.
        case closing
    }

    /// So many bytes may wait for a sync; more are refused until it is done.
    static let largestIntake = 256 << 20

    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct Intake {
        var entries: [LogEntry] = []
        var waiters: [Waiter] = []
        var size = 0
        /// Bytes in the segments.
        var stored: Int64
        var removed: LogMark?
        /// A sync has failed.
        var failure: PipelineError?
        /// The last write has failed.
        var trouble: PipelineError?
        /// Something was refused for want of capacity, and not much has been forgotten since.
        var isFull = false
        var isOpen = true
        var lastCommit: ContinuousClock.Instant?
    }

    /// What was found when the log was opened.
    public let recovery: LogRecovery
    private let directory: String
    private let files: any FileOperations
    private let options: Options
    private let output: LogWriter
    private let intake: Mutex<Intake>
    private let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// Opens the log in a directory, which is made if it is missing; its parent must be there.
    public convenience init(
        directory: String,
        options: Options = Options(),
        clock: @escaping @Sendable () -> Timestamp
    ) async throws {
        // The events are of people, and nobody else needs to read them.
        let files = SystemFiles(isPrivate: true)
        try await self.init(directory: directory, options: options, files: files, clock: clock)
    }

    init(
        directory: String,
        options: Options,
        files: any FileOperations,
        clock: @escaping @Sendable () -> Timestamp
    ) async throws {
        let found = try await DiskQueue(label: "millrace.log").run {
            do { return try LogDirectory(path: directory, files: files).open(at: clock()) } catch {
                throw LogFailure(error, directory: directory).pipelineError
            }
        }
        self.directory = directory
        self.files = files
        self.options = options
        recovery = found.recovery
        output = LogWriter(found, directory: directory, files: files, options: options, clock: clock)
        intake = Mutex(Intake(stored: found.segments.reduce(0) { $0 + $1.size }, removed: found.removed))
        (wakeups, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Adds lines and returns when they are durable.
    ///
    /// Throws `outOfResources` while the log or its disk is full, and `unreachable` from a failed sync on: what the disk
    /// holds is unknown then, and only opening the log again tells. Nothing of what is refused counts, though it may be
    /// found later if the process dies: whoever sends it again sends it with the same id. ``run()`` must be running.
    public func append(_ lines: [UInt8], events count: Int) async throws {
        guard count > 0 else { return }
        let entry = LogEntry(lines, count: count)
        try await withCheckedThrowingContinuation { (waiter: Waiter) in
            let refusal: PipelineError? = intake.withLock { intake in
                if let refusal = self.refusal(of: entry, &intake) { return refusal }
                intake.entries.append(entry)
                intake.waiters.append(waiter)
                intake.size += entry.content.count
                return nil
            }
            if let refusal { waiter.resume(throwing: refusal) } else { wake.yield() }
        }
    }

    private func refusal(of entry: LogEntry, _ intake: inout Intake) -> PipelineError? {
        if let failure = intake.failure { return failure }
        guard intake.isOpen else {
            return PipelineError(
                .outOfResources,
                "the log is being closed",
                while: "storing events",
                cause: Refusal.closing
            )
        }
        let isFull = intake.stored + Int64(intake.size + entry.content.count) > options.capacity
        if isFull {
            // What fits into no log of this capacity says nothing of the others.
            if entry.content.count <= options.capacity { intake.isFull = true }
            return fullness(intake.stored)
        }
        guard intake.size + entry.content.count > Self.largestIntake else { return nil }
        return PipelineError(
            .outOfResources,
            "the disk does not keep up",
            while: "storing events",
            recovery: .retry(after: .seconds(1)),
            cause: Refusal.overtaxed
        )
    }

    private func fullness(_ stored: Int64) -> PipelineError {
        PipelineError(
            .outOfResources,
            "the log in \(directory) is full: \(stored) bytes of events wait to land, and \(options.capacity) may (`log:`)",
            while: "storing events",
            hint: "allow more where they land but come faster than that; else see why they do not reach the lake",
            recovery: .retry(after: .seconds(10)),
            cause: Refusal.full
        )
    }

    /// Writes what is appended until the task is cancelled, then what is still waiting, and ends the last segment.
    ///
    /// Ends by itself once a sync has failed (``failure``).
    public func run() async {
        var last = ContinuousClock.now - options.commitDelay
        for await _ in wakeups {
            let sinceLast = ContinuousClock.now - last
            if sinceLast < options.commitDelay, intake.withLock({ $0.size < options.commitSize }) {
                try? await Task.sleep(for: options.commitDelay - sinceLast)  // Cancelled: no more to wait for.
            }
            await commit()
            if failure != nil { break }
            last = ContinuousClock.now
        }
        intake.withLock { $0.isOpen = false }
        await commit()
        await output.close()
    }

    private func commit() async {
        let (entries, waiters) = intake.withLock { intake in
            defer { (intake.entries, intake.waiters, intake.size) = ([], [], 0) }
            return (intake.entries, intake.waiters)
        }
        guard !entries.isEmpty else { return }
        do {
            if let failure = intake.withLock({ $0.failure }) { throw failure }
            let stored = try await output.commit(entries)
            intake.withLock { ($0.stored, $0.trouble, $0.lastCommit) = (stored, nil, .now) }
            for waiter in waiters { waiter.resume() }
        } catch {
            let refusal = note(error)
            for waiter in waiters { waiter.resume(throwing: refusal) }
        }
    }

    private func note(_ error: any Error) -> PipelineError {
        let failure = LogFailure(error, directory: directory)
        let text = failure.pipelineError
        intake.withLock { intake in
            if failure.isFinal { intake.failure = text } else { intake.trouble = text }
        }
        return text
    }

    /// Tries whether the disk takes events again, if it did not take the last ones.
    ///
    /// Without that nobody would know who sends only to those that are ready.
    public func tryAgain() async {
        guard intake.withLock({ $0.failure == nil && $0.trouble != nil }) else { return }
        do {
            try await output.probe()
            intake.withLock { $0.trouble = nil }
        } catch { _ = note(error) }
    }

    // MARK: Segments

    /// Ends the segment that is being written if it is older than `age`, or the log is full, so that it can be taken.
    public func seal(olderThan age: Duration) async {
        await output.seal(olderThan: intake.withLock { $0.isFull } ? .zero : age)
    }

    /// The segments that are written no more, oldest first.
    public func sealedSegments() async -> [LogSegment] { await output.sealed }

    /// The lines of a segment, in chunks of whole lines; every record is checked as it is read.
    ///
    /// `numbers` (nil: all) are those of whole requests, such as what has not landed.
    public func lines(of segment: LogSegment, _ numbers: Range<Int64>? = nil) -> SegmentLines {
        let all = segment.firstNumber..<segment.endNumber
        return SegmentLines(
            name: segment.name,
            directory: directory,
            numbers: numbers?.clamped(to: all) ?? all,
            files: files
        )
    }

    /// Forgets a segment and all before it, once their events are durable elsewhere; its file can be put aside, for people to
    /// look at.
    public func remove(upTo segment: LogSegment, keepingFile: Bool = false) async throws {
        do {
            let stored = try await output.remove(upTo: segment, keepingFile: keepingFile)
            intake.withLock { intake in
                intake.removed = LogMark(writer: segment.writer, number: segment.endNumber)
                intake.stored = stored
                if stored <= options.capacity / 8 * 7 { intake.isFull = false }
            }
        } catch {
            throw LogFailure(error, directory: directory).pipelineError
        }
    }

    /// What was forgotten last, in this life of the log or an earlier one; nil before that.
    public var removed: LogMark? { intake.withLock { $0.removed } }

    /// What the ledger of a source has to know, by ``removed``.
    func mark(of source: String) -> LandingMark? { removed?.landing(of: source, in: directory) }

    /// Why nothing can be appended any more until the log is opened again; nil while all is well.
    public var failure: PipelineError? { intake.withLock { $0.failure } }

    /// Why nothing can be appended at the moment, for good or not: a sync or the last write has failed, or the log is full.
    public var obstacle: PipelineError? {
        intake.withLock { $0.failure ?? $0.trouble ?? ($0.isFull ? fullness($0.stored) : nil) }
    }

    /// Whether something has just been appended.
    var isBusy: Bool { intake.withLock { $0.lastCommit.map { ContinuousClock.now - $0 < .milliseconds(20) } ?? false } }

    /// How many bytes wait in the segments.
    public var size: Int64 { intake.withLock { $0.stored } }
}
