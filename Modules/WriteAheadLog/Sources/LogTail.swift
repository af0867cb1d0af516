internal import BlockingIO
internal import Glibc
internal import PipelineCore

/// What is appended to a log from now on, read while another process writes it; one chunk for each append, without end.
///
/// It follows the log's files and disturbs nobody: events that land and are forgotten while it lags behind are still
/// given, except for whole segments that came and went between two looks. A chunk may be given between its write and its
/// sync, so some milliseconds before it is acknowledged. Waits where there is no log yet.
public struct LogTail: AsyncSequence, Sendable {
    /// A `PipelineError`, or that the task was cancelled.
    public typealias Failure = any Error
    private let directory: String
    private let interval: Duration

    /// Follows the log in a directory, and looks for more every `interval`.
    public init(directory: String, interval: Duration = .milliseconds(200)) {
        self.directory = directory
        self.interval = interval
    }

    /// Waits for what comes.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let follower: SegmentFollower
        let interval: Duration
        /// The lines that were appended together.
        public mutating func next() async throws -> [UInt8]? {
            while true {
                if let lines = try await follower.next() { return lines }
                try await Task.sleep(for: interval)
            }
        }
    }

    /// Begins behind what the log holds when the first chunk is asked for.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(follower: SegmentFollower(directory), interval: interval)
    }
}

/// Reads from one segment to the next, off the cooperative threads.
actor SegmentFollower {
    private nonisolated let executor = SerialQueueExecutor(label: "millrace.log.following")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
    private let directory: String
    private let files: any FileOperations = SystemFiles()
    private var current: (name: SegmentName, reader: SegmentReader)?
    private var hasLooked = false

    init(_ directory: String) { self.directory = directory }

    deinit { current?.reader.close() }

    /// What has been appended since the last call; nil where there is nothing new.
    func next() throws -> [UInt8]? {
        do {
            if !hasLooked { try skipToEnd() }
            if let lines = try read() { return lines }
            guard let following = try following() else { return nil }
            // What came into the old file after the look at it and before the new file was made.
            if let lines = try read() { return lines }
            try open(following)
            return try read()
        } catch {
            throw LogFailure(error, directory: directory).pipelineError
        }
    }

    /// The file after the current one; where that is gone and there is only an older one, the log was begun anew.
    private func following() throws -> SegmentName? {
        let names = try names()
        guard let current = current?.name else { return names.first }
        return names.first { $0.sequence > current.sequence } ?? (names.contains(current) ? nil : names.first)
    }

    private func skipToEnd() throws {
        if let last = try names().last {
            try open(last)
            while try read() != nil {}
        }
        hasLooked = true
    }

    private func read() throws -> [UInt8]? { try current?.reader.recordIfWritten()?.lines }

    private func open(_ name: SegmentName) throws {
        let reader = try SegmentReader(name, in: directory, files: files)
        current?.reader.close()
        current = (name, reader)
    }

    /// The segments that there are, oldest first; none where there is no log.
    private func names() throws -> [SegmentName] {
        do {
            return try files.entries(of: directory).compactMap(SegmentName.init).sorted { $0.sequence < $1.sequence }
        } catch let error as FileError where error.number == ENOENT {
            return []
        }
    }
}
