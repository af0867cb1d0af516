internal import BlockingIO
internal import Glibc
internal import Gzip
internal import PipelineCore

/// Writes segments, one call at a time, on a thread of its own.
actor LogWriter {
    nonisolated let executor = SerialQueueExecutor(label: "millrace.log")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private struct Active {
        let name: SegmentName
        let descriptor: Int32
        let header: SegmentHeader
        /// With that of the mark of its end.
        var size: Int64
    }

    private let directory: String
    private let files: any FileOperations
    private let options: WriteAheadLog.Options
    private let clock: @Sendable () -> Timestamp
    private var writer = SegmentHeader.newWriter()
    private var active: Active?
    private var nextSequence: Int64
    /// The number of the next event.
    private var number: Int64 = 1
    private var segments: [LogSegment]
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
        nextSequence = found.nextSequence
        segments = found.segments
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
            end(active, isSound: false)
            // Whole or not, what failed stands there under numbers that are given again.
            (writer, number) = (SegmentHeader.newWriter(), 1)
            throw error
        }
        active.size += Int64(buffer.count)
        number = next
        self.active = active
        // Half of the log can be filled while the other half lands.
        if active.size >= min(options.segmentSize, options.capacity / 2) { end(active) }
        return stored
    }

    /// Ends the segment that is being written, if it holds anything and is not younger than `age`, or if the clock has been
    /// set back so that nobody knows.
    func seal(olderThan age: Duration) {
        guard let active else { return }
        let found = clock().microseconds - active.header.created
        if found < 0 || found >= Int64(age / .microseconds(1)) { end(active) }
    }

    /// The segments that are written no more, oldest first.
    var sealed: [LogSegment] { segments }

    /// Forgets a segment and everything before it, whose events are durable elsewhere.
    ///
    /// A mark says how far before anything goes; only a disk without room for it gets that room first. The segment's own
    /// file is put aside where somebody should look at it.
    ///
    /// Returns how many bytes all segments hold then.
    func remove(upTo segment: LogSegment, keepingFile: Bool) throws -> Int64 {
        let mark = LogMark(writer: segment.writer, number: segment.endNumber)
        var isMarked = true
        do { try write(mark) } catch let error as FileError where [ENOSPC, EDQUOT].contains(error.number) {
            isMarked = false
        }
        while let old = segments.first, old <= segment {
            if keepingFile, old == segment { try putAside(old) } else { try removeFile(path(of: old.name)) }
            // One after the other: were a later one gone first, its events would seem to be missing from this one.
            try files.syncDirectory(directory)
            segments.removeFirst()
        }
        if !isMarked { try? write(mark) }  // Without it less is noticed of a lake that is lost, and nothing else.
        return stored
    }

    private func putAside(_ segment: LogSegment) throws {
        let path = path(of: segment.name)
        do { try files.rename(path, to: path + LogDirectory.damaged) } catch let error as FileError
            where error.number == ENOENT
        {}  // Gone is gone.
    }

    private func write(_ mark: LogMark) throws {
        let path = "\(directory)/\(LogDirectory.markName)"
        try write(mark.bytes, to: path + LogDirectory.unfinished)
        try files.rename(path + LogDirectory.unfinished, to: path)
        try files.syncDirectory(directory)
    }

    /// Throws where the disk has no room for a commit of usual size, or cannot be written.
    func probe() throws {
        let path = "\(directory)/probe\(LogDirectory.unfinished)"
        try write([UInt8](repeating: 0, count: options.commitSize), to: path)
        try files.unlink(path)
    }

    /// Writes a file of its own, which takes the place of one that was left unfinished.
    private func write(_ bytes: [UInt8], to path: String) throws {
        try removeFile(path)
        let descriptor = try files.createFile(path)
        do {
            try files.writeAll(bytes, to: descriptor)
            try files.sync(descriptor)
        } catch {
            try? files.close(descriptor)  // The error that led here says more.
            try? files.unlink(path)
            throw error
        }
        try files.close(descriptor)
    }

    private var stored: Int64 { segments.reduce(active?.size ?? 0) { $0 + $1.size } }

    func close() {
        guard let active else { return }
        end(active)
    }

    // MARK: Segments

    private func begin() throws -> Active {
        let header = SegmentHeader(writer: writer, number: number, created: clock().microseconds)
        let name = SegmentName(nextSequence, of: header)
        let path = path(of: name)
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
        return Active(
            name: name,
            descriptor: descriptor,
            header: header,
            size: Int64(SegmentHeader.size + LogRecord.headerSize)
        )
    }

    /// Writes no more to a segment, all of which that counts has been synced; where nothing does, it goes.
    ///
    /// Of one that is sound the end is marked.
    private func end(_ segment: Active, isSound: Bool = true) {
        if isSound, number > segment.header.number {
            // Without it nobody can tell damage of the last record from a write that was cut off, and that is all.
            try? files.writeAll(LogRecord.end(at: number), to: segment.descriptor)
        }
        try? files.close(segment.descriptor)  // What counts has been synced.
        active = nil
        guard number > segment.header.number else {
            try? files.unlink(path(of: segment.name))  // Left there, it is found to be empty.
            return
        }
        segments.append(LogSegment(segment.name, segment.header, end: number, size: segment.size))
    }

    private func path(of name: SegmentName) -> String { "\(directory)/\(name.text)" }

    private func removeFile(_ path: String) throws {
        do { try files.unlink(path) } catch let error as FileError where error.number == ENOENT {}  // Gone is gone.
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
