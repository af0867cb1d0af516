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
        let sequence: Int64
        let header: SegmentHeader
        /// The number after its last event; nil: it has not been read.
        var end: Int64?
    }

    /// What a file's name ends in while it is not whole.
    static let unfinished = ".new"
    /// What the name of a file gets that cannot be read.
    private static let damaged = ".damaged"
    /// The file that says what was forgotten last.
    static let markName = "landed"

    let path: String
    let files: any FileOperations

    /// Looks through all segments, writes the last one anew, and puts aside what cannot be read.
    ///
    /// Of each writer only the last segment is read to its end: where an earlier one ends, the header after it says. Files
    /// get higher numbers from one life of the log to the next, which who follows them goes by.
    func open(at now: Timestamp) throws -> Contents {
        try makeIfMissing()
        let names = try files.entries(of: path)
        for name in names where name.hasSuffix(Self.unfinished) { try files.unlink("\(path)/\(name)") }
        let sequences = names.compactMap(LogSegment.sequence(ofFile:)).sorted()
        var contents = Contents(nextSequence: max((sequences.last ?? 0) + 1, now.microseconds))
        if names.contains(Self.markName) { contents.removed = try mark(&contents) }
        var found: [Found] = []
        for sequence in sequences {
            if let header = try header(of: sequence) {
                found.append(Found(sequence: sequence, header: header))
            } else {
                try putAside(sequence, &contents)
            }
        }
        if let last = found.popLast(), let recovered = try recover(last, &contents) { found.append(recovered) }
        for (index, segment) in found.enumerated() {
            let next = index + 1 < found.count ? found[index + 1] : nil
            try add(segment, end: end(of: segment, before: next, &contents.recovery.missing), &contents)
        }
        contents.recovery.events = contents.segments.reduce(0) { $0 + $1.endNumber - $1.firstNumber }
        return contents
    }

    /// How many events wait, and which files were put aside; changes nothing, and lets others write and remove meanwhile.
    func backlog() throws -> LogBacklog {
        let names = try files.entries(of: path)
        var backlog = LogBacklog()
        backlog.damagedFiles = names.filter { $0.hasSuffix(Self.damaged) }.sorted()
        var next: Found?
        for sequence in names.compactMap(LogSegment.sequence(ofFile:)).sorted(by: >) {
            do {
                guard let header = try header(of: sequence) else { continue }
                let segment = Found(sequence: sequence, header: header)
                var missing: Int64 = 0
                backlog.events += max(0, try end(of: segment, before: next, &missing) - header.number)
                next = segment
            } catch let error as FileError where error.number == ENOENT {}  // It has been taken meanwhile.
        }
        return backlog
    }

    private func add(_ segment: Found, end: Int64, _ contents: inout Contents) throws {
        guard end > segment.header.number else { return try files.unlink(file(segment.sequence)) }
        contents.segments.append(
            LogSegment(
                sequence: segment.sequence,
                writer: segment.header.writerName,
                firstNumber: segment.header.number,
                endNumber: end,
                created: Timestamp(microseconds: segment.header.created),
                size: try files.status(of: file(segment.sequence)).size
            )
        )
    }

    private func end(of segment: Found, before next: Found?, _ missing: inout Int64) throws -> Int64 {
        if let end = segment.end { return end }
        if let next, next.header.writer == segment.header.writer { return next.header.number }
        var reader = try SegmentReader(file(segment.sequence), files: files)
        defer { reader.close() }
        while try reader.record() != nil {}
        missing += reader.missing
        return reader.next
    }

    private func makeIfMissing() throws {
        do {
            try files.makeDirectory(path)
            try files.syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        } catch let error as FileError where error.number == EEXIST {}  // As it should be.
    }

    private func mark(_ contents: inout Contents) throws -> LogMark? {
        let descriptor = try files.openFile("\(path)/\(Self.markName)")
        defer { try? files.close(descriptor) }  // Nothing was written through it.
        if let mark = LogMark(try files.read(descriptor, at: 0, count: 1024)) { return mark }
        try putAside(Self.markName, &contents)
        return nil
    }

    private func header(of sequence: Int64) throws -> SegmentHeader? {
        let reader = try SegmentReader(file(sequence), files: files)
        defer { reader.close() }
        return reader.header
    }

    /// Writes the whole records of the segment that was written last into a new file, which takes its place; nil where there
    /// are none.
    ///
    /// What is read may stand in the system's memory only, after a sync that failed: a new sync would not tell.
    private func recover(_ segment: Found, _ contents: inout Contents) throws -> Found? {
        var reader = try SegmentReader(file(segment.sequence), files: files)
        defer { reader.close() }
        let target = file(contents.nextSequence)
        let descriptor = try files.createFile(target + Self.unfinished)
        do {
            defer { try? files.close(descriptor) }  // It has been synced by then, or the error says more.
            try files.writeAll(segment.header.bytes, to: descriptor)
            while let record = try reader.record() { try files.writeAll(record.bytes, to: descriptor) }
            try files.sync(descriptor)
        }
        guard reader.next > segment.header.number else {
            try files.unlink(target + Self.unfinished)
            try files.unlink(file(segment.sequence))
            return nil
        }
        try files.rename(target + Self.unfinished, to: target)
        try files.syncDirectory(path)
        try files.unlink(file(segment.sequence))
        let recovered = Found(sequence: contents.nextSequence, header: segment.header, end: reader.next)
        contents.nextSequence += 1
        contents.recovery.missing += reader.missing
        return recovered
    }

    /// A file without a header was never written to if it is short; else its bytes are kept for people to look at.
    private func putAside(_ sequence: Int64, _ contents: inout Contents) throws {
        var reader = try SegmentReader(file(sequence), files: files)
        let isEmpty = try reader.record() == nil
        reader.close()
        guard !isEmpty else { return try files.unlink(file(sequence)) }
        try putAside(LogSegment.fileName(sequence), &contents)
    }

    private func putAside(_ name: String, _ contents: inout Contents) throws {
        try files.rename("\(path)/\(name)", to: "\(path)/\(name)\(Self.damaged)")
        contents.recovery.damagedFiles.append(name + Self.damaged)
    }

    private func file(_ sequence: Int64) -> String { "\(path)/\(LogSegment.fileName(sequence))" }
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
