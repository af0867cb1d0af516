internal import BlockingIO
internal import Glibc
internal import PipelineCore

/// What a log's directory holds when it is opened.
struct LogDirectory {
    /// The parts of a log that is going to be continued.
    struct Contents {
        var nextSequence: Int64
        var segments: [LogSegment] = []
        var removed: LogMark?
        var recovery = LogRecovery()
    }

    /// A file that is a segment.
    private struct Found {
        let name: SegmentName
        let header: SegmentHeader
        var isHeaderDamaged = false
        /// The number after its last event; nil: it has not been read.
        var end: Int64?
        /// How many of its events are known to be missing.
        var missing: Int64 = 0
        /// See ``LogSegment/isCopy``.
        var isCopy = false
    }

    /// What a file's name ends in while it is not whole.
    static let unfinished = ".new"
    /// What the name of a file gets that cannot be read, or not all of it.
    static let damaged = ".damaged"
    /// The file that says what was forgotten last.
    static let markName = "landed"

    let path: String
    let files: any FileOperations

    /// Looks through all segments, writes the last one anew, and puts aside what has damage in it.
    ///
    /// Of each writer only the last segment is read to its end: where an earlier one ends, the header after it says. Files
    /// get higher numbers from one life of the log to the next, which who follows them goes by.
    func open(at now: Timestamp) throws -> Contents {
        try makeIfMissing()
        let names = try files.entries(of: path)
        for name in names where name.hasSuffix(Self.unfinished) { try files.unlink("\(path)/\(name)") }
        let segments = names.compactMap(SegmentName.init).sorted { $0.sequence < $1.sequence }
        var contents = Contents(nextSequence: max((segments.last?.sequence ?? 0) + 1, now.microseconds))
        if names.contains(Self.markName) { contents.removed = try mark(&contents) }
        let aside = names.filter { $0.hasSuffix(Self.damaged) }
            .compactMap { SegmentName(String($0.dropLast(Self.damaged.count))) }
        var found: [Found] = []
        for name in segments {
            var segment = try segment(name)
            segment.isCopy = aside.contains { $0.writer == segment.header.writer && $0.number == segment.header.number }
            found.append(segment)
        }
        contents.recovery.damagedHeaders = found.filter(\.isHeaderDamaged).map(\.name.text)
        if let last = found.popLast(), let recovered = try recover(last, &contents) { found.append(recovered) }
        for index in found.indices {
            let next = index + 1 < found.count ? found[index + 1] : nil
            let (end, missing) = try end(of: found[index], before: next)
            found[index].missing += missing
            try add(found[index], end: end, &contents)
        }
        contents.recovery.events = contents.segments.reduce(0) { $0 + $1.endNumber - $1.firstNumber }
        contents.recovery.missing += contents.segments.reduce(0) { $0 + $1.missing }
        return contents
    }

    /// How much waits, which files were put aside, and what was forgotten; changes nothing, and lets others write and remove
    /// meanwhile.
    func backlog() throws -> LogBacklog {
        let names = try files.entries(of: path)
        var backlog = LogBacklog()
        backlog.damagedFiles = names.filter { $0.hasSuffix(Self.damaged) }.sorted()
        if names.contains(Self.markName) { backlog.removed = try mark() }
        var next: Found?
        for name in names.compactMap(SegmentName.init).sorted(by: { $0.sequence > $1.sequence }) {
            do {
                let segment = try segment(name)
                backlog.events += max(0, try end(of: segment, before: next).number - segment.header.number)
                next = segment
            } catch let error as FileError where error.number == ENOENT {}  // It has been taken meanwhile.
        }
        return backlog
    }

    private func add(_ segment: Found, end: Int64, _ contents: inout Contents) throws {
        guard end > segment.header.number else {
            // Without an event, or written anew by a start that was killed before it took the old file away.
            return try replaced(segment, keepsFile: try isDamaged(segment), &contents)
        }
        contents.segments.append(
            LogSegment(
                segment.name,
                segment.header,
                end: end,
                size: try files.status(of: file(segment.name)).size,
                missing: segment.missing,
                isCopy: segment.isCopy
            )
        )
    }

    /// The number after a segment's last event, and how many events are missing, where it had to be read for that.
    private func end(of segment: Found, before next: Found?) throws -> (number: Int64, missing: Int64) {
        if let end = segment.end { return (end, 0) }
        if let next, next.header.writer == segment.header.writer { return (next.header.number, 0) }
        var reader = try SegmentReader(segment.name, in: path, files: files)
        defer { reader.close() }
        while try reader.record() != nil {}
        return (reader.next, reader.missing)
    }

    private func makeIfMissing() throws {
        do {
            try files.makeDirectory(path)
            try files.syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        } catch let error as FileError where error.number == EEXIST {}  // As it should be.
    }

    private func mark(_ contents: inout Contents) throws -> LogMark? {
        if let mark = try mark() { return mark }
        try putAside(Self.markName, &contents)
        return nil
    }

    /// Nil where the file is not what was written.
    private func mark() throws -> LogMark? {
        let descriptor = try files.openFile("\(path)/\(Self.markName)")
        defer { try? files.close(descriptor) }  // Nothing was written through it.
        return LogMark(try files.read(descriptor, at: 0, count: 1024))
    }

    private func segment(_ name: SegmentName) throws -> Found {
        let reader = try SegmentReader(name, in: path, files: files)
        defer { reader.close() }
        return Found(name: name, header: reader.header, isHeaderDamaged: reader.isHeaderDamaged)
    }

    /// Whether acknowledged events may have been in what cannot be read of a segment.
    private func isDamaged(_ segment: Found) throws -> Bool {
        var reader = try SegmentReader(segment.name, in: path, files: files)
        defer { reader.close() }
        while try reader.record() != nil {}
        return try isDamaged(segment, reader)
    }

    /// What a copy lacks has been put aside before.
    private func isDamaged(_ segment: Found, _ reader: SegmentReader) throws -> Bool {
        let size = try files.status(of: file(segment.name)).size
        return try (reader.missing > 0 && !segment.isCopy) || !reader.isCutOff(at: size)
    }

    /// Writes the whole records of the segment that was written last into a new file, which takes its place; nil where there
    /// are none.
    ///
    /// What is read may stand in the system's memory only, after a sync that failed: a new sync would not tell. A file with
    /// damage in it is put aside. On a full disk the file stays as it is, so that it can land, which makes room.
    private func recover(_ segment: Found, _ contents: inout Contents) throws -> Found? {
        var reader = try SegmentReader(segment.name, in: path, files: files)
        defer { reader.close() }
        let name = SegmentName(contents.nextSequence, of: segment.header)
        let target = file(name)
        do { try copy(&reader, of: segment, to: target + Self.unfinished) } catch let error as FileError
            where [ENOSPC, EDQUOT].contains(error.number)
        {
            try? files.unlink(target + Self.unfinished)  // Where that fails too, the next start does it.
            return segment
        }
        let size = try files.status(of: file(segment.name)).size
        let isCutOff = try reader.isCutOff(at: size)
        let rest = max(0, size - reader.end)
        if isCutOff { contents.recovery.cutBytes = rest } else { contents.recovery.unreadableBytes = rest }
        let isDamaged = try isDamaged(segment, reader)
        guard reader.next > segment.header.number else {
            try files.unlink(target + Self.unfinished)
            try replaced(segment, keepsFile: isDamaged, &contents)
            return nil
        }
        try files.rename(target + Self.unfinished, to: target)
        try files.syncDirectory(path)
        try replaced(segment, keepsFile: isDamaged, &contents)
        contents.nextSequence += 1
        return Found(
            name: name,
            header: segment.header,
            end: reader.next,
            missing: reader.missing,
            isCopy: isDamaged || segment.isCopy
        )
    }

    private func copy(_ reader: inout SegmentReader, of segment: Found, to path: String) throws {
        let descriptor = try files.createFile(path)
        defer { try? files.close(descriptor) }  // It has been synced by then, or the error says more.
        try files.writeAll(segment.header.bytes, to: descriptor)
        while let record = try reader.record() { try files.writeAll(record.bytes, to: descriptor) }
        try files.writeAll(LogRecord.end(at: reader.next), to: descriptor)
        try files.sync(descriptor)
    }

    private func replaced(_ segment: Found, keepsFile: Bool, _ contents: inout Contents) throws {
        if keepsFile { try putAside(segment.name.text, &contents) } else { try files.unlink(file(segment.name)) }
    }

    private func putAside(_ name: String, _ contents: inout Contents) throws {
        try files.rename("\(path)/\(name)", to: "\(path)/\(name)\(Self.damaged)")
        contents.recovery.damagedFiles.append(name + Self.damaged)
    }

    private func file(_ name: SegmentName) -> String { "\(path)/\(name.text)" }
}

extension FileOperations {
    func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty { rest = rest.dropFirst(try write(descriptor, rest)) }
    }

    func syncDirectory(_ path: String) throws {
        let descriptor = try openDirectory(path.isEmpty ? "/" : path)
        do { try sync(descriptor) } catch {
            try? close(descriptor)  // The error that led here says more.
            throw error
        }
        try close(descriptor)
    }
}
