internal import BlockingIO
internal import Glibc
internal import Gzip
internal import PipelineCore

/// Writes segments, one call at a time, on a thread of its own.
actor LogWriter {
    nonisolated let executor = SerialQueueExecutor(label: "millrace.log")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private struct Active {
        let sequence: Int64
        let descriptor: Int32
        let header: SegmentHeader
        var size: Int64
    }

    private let directory: String
    private let files: any FileOperations
    private let options: WriteAheadLog.Options
    private let clock: @Sendable () -> Timestamp
    private let writer: [UInt8]
    private var active: Active?
    private var nextSequence: Int64
    /// The number of the next event.
    private var number: Int64
    private var segments: [LogSegment]
    /// Segments without events, which stand only as long as no later one says how far the log has counted.
    private var hollow: [Int64]
    private var buffer: [UInt8] = []

    init(
        _ found: LogDirectory.Contents,
        directory: String,
        files: any FileOperations,
        options: WriteAheadLog.Options,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.directory = directory
        self.files = files
        self.options = options
        self.clock = clock
        writer = found.writer
        nextSequence = found.nextSequence
        number = found.nextNumber
        segments = found.segments
        hollow = found.hollow
    }

    /// Makes entries durable, in order, with one sync; throws before any of them counts.
    ///
    /// After a failed write the segment ends at what was acknowledged, and the next commit begins another one. After a
    /// failed sync nothing is known of the disk any more: the error is ``FileError`` with the call `fsync`.
    ///
    /// Returns how many bytes all segments hold.
    func commit(_ entries: [LogEntry]) throws -> Int64 {
        var active = try self.active ?? begin()
        self.active = active
        buffer.removeAll(keepingCapacity: true)
        var next = number
        for entry in entries {
            LogRecord.append(
                entry.content,
                checksum: entry.checksum,
                count: entry.count,
                number: next,
                to: &buffer
            )
            next += Int64(entry.count)
        }
        do {
            try files.writeAll(buffer, to: active.descriptor)
            try files.sync(active.descriptor)
        } catch {
            end(active)
            throw error
        }
        active.size += Int64(buffer.count)
        number = next
        self.active = active
        if active.size >= options.segmentSize { end(active) }
        return stored
    }

    /// Ends the segment that is being written, if it holds anything and is not younger than `age`.
    func seal(olderThan age: Duration) {
        guard let active, number > active.header.number,
            clock().microseconds - active.header.created >= Int64(age / .microseconds(1))
        else { return }
        end(active)
    }

    /// The segments that are written no more, oldest first.
    var sealed: [LogSegment] { segments }

    /// Forgets a segment and everything before it, whose events are durable elsewhere.
    ///
    /// The directory always keeps a segment that says how far the log has counted.
    ///
    /// Returns how many bytes all segments hold then.
    func remove(upTo segment: LogSegment) throws -> Int64 {
        if active == nil { active = try begin() }
        while let old = segments.first, old <= segment {
            try unlink(old.sequence)
            // One after the other: were a later one gone first, its events would seem to be missing from this one.
            try files.syncDirectory(directory)
            segments.removeFirst()
        }
        return stored
    }

    private var stored: Int64 { segments.reduce(active?.size ?? 0) { $0 + $1.size } }

    func close() {
        guard let active else { return }
        end(active)
    }

    // MARK: Segments

    private func begin() throws -> Active {
        let header = SegmentHeader(writer: writer, number: number, created: clock().microseconds)
        let sequence = nextSequence
        let path = "\(directory)/\(LogSegment.fileName(sequence))"
        // The number is used once even if what follows fails: a file may be there.
        nextSequence += 1
        let descriptor = try files.createFile(path)
        do {
            try files.writeAll(header.bytes, to: descriptor)
            try files.sync(descriptor)
            try files.syncDirectory(directory)
        } catch {
            try? files.close(descriptor)  // The error that led here says more.
            try? files.unlink(path)
            throw error
        }
        for old in hollow { try unlink(old) }
        hollow = []
        return Active(
            sequence: sequence,
            descriptor: descriptor,
            header: header,
            size: Int64(SegmentHeader.size)
        )
    }

    /// Writes no more to a segment; all of it that counts has been synced.
    private func end(_ segment: Active) {
        try? files.close(segment.descriptor)
        active = nil
        guard number > segment.header.number else { return hollow.append(segment.sequence) }
        segments.append(
            LogSegment(
                sequence: segment.sequence,
                firstNumber: segment.header.number,
                endNumber: number,
                created: Timestamp(microseconds: segment.header.created),
                size: segment.size
            )
        )
    }

    private func unlink(_ sequence: Int64) throws {
        do {
            try files.unlink("\(directory)/\(LogSegment.fileName(sequence))")
        } catch let error as FileError where error.number == ENOENT {}  // Gone is gone.
    }
}

/// What one caller wants to be durable.
struct LogEntry: Sendable {
    let content: [UInt8]
    let checksum: UInt32
    let count: Int

    /// Compresses `count` lines.
    init(_ lines: [UInt8], count: Int) {
        content = LZ4.compressed(lines)
        checksum = Checksum.crc32(content[...])
        self.count = count
    }
}
