internal import BlockingIO
internal import Glibc
internal import PipelineCore

/// What a log's directory holds when it is opened.
struct LogDirectory {
    /// The parts of a log that is going to be continued.
    struct Contents {
        var writer: [UInt8]
        var nextSequence: Int64 = 1
        var nextNumber: Int64 = 1
        var segments: [LogSegment] = []
        var hollow: [Int64] = []
        var recovery = LogRecovery()
    }

    /// What a file's name ends in while it is not whole.
    private static let unfinished = ".new"

    let path: String
    let files: any FileOperations

    /// Looks through all segments, writes the last one anew, and puts aside what cannot be read.
    ///
    /// Only the last segment is read to its end: where an earlier one ends, the header after it says.
    func open() throws -> Contents {
        try makeIfMissing()
        let names = try files.entries(of: path)
        for name in names where name.hasSuffix(Self.unfinished) { try files.unlink("\(path)/\(name)") }
        let sequences = names.compactMap(LogSegment.sequence(ofFile:)).sorted()
        var contents = Contents(writer: (0..<16).map { _ in UInt8.random(in: 0...255) })
        contents.nextSequence = (sequences.last ?? 0) + 1
        var found: [(sequence: Int64, header: SegmentHeader)] = []
        for sequence in sequences {
            if let header = try header(of: sequence) {
                found.append((sequence, header))
            } else {
                try putAside(sequence, &contents)
            }
        }
        guard let last = found.popLast() else { return contents }
        contents.writer = last.header.writer
        for (index, segment) in found.enumerated() {
            try add(segment, end: (index + 1 < found.count ? found[index + 1] : last).header.number, &contents)
        }
        let end = try recover(last, &contents)
        try add((contents.nextSequence - 1, last.header), end: end, &contents)
        contents.nextNumber = max(contents.segments.last?.endNumber ?? 1, last.header.number)
        contents.recovery.events = contents.segments.reduce(0) { $0 + $1.endNumber - $1.firstNumber }
        return contents
    }

    private func add(_ segment: (sequence: Int64, header: SegmentHeader), end: Int64, _ contents: inout Contents) throws
    {
        guard end > segment.header.number else { return contents.hollow.append(segment.sequence) }
        contents.segments.append(
            LogSegment(
                sequence: segment.sequence,
                firstNumber: segment.header.number,
                endNumber: end,
                created: Timestamp(microseconds: segment.header.created),
                size: try files.status(of: file(segment.sequence)).size
            )
        )
    }

    private func makeIfMissing() throws {
        do {
            try files.makeDirectory(path)
            try files.syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        } catch let error as FileError where error.number == EEXIST {}  // As it should be.
    }

    private func header(of sequence: Int64) throws -> SegmentHeader? {
        let reader = try SegmentReader(file(sequence), files: files)
        defer { reader.close() }
        return reader.header
    }

    /// Writes the whole records of the segment that was written last into a new file, which takes its place.
    ///
    /// What is read may stand in the system's memory only, after a sync that failed: a new sync would not tell.
    private func recover(_ segment: (sequence: Int64, header: SegmentHeader), _ contents: inout Contents) throws
        -> Int64
    {
        var reader = try SegmentReader(file(segment.sequence), files: files)
        defer { reader.close() }
        var number = segment.header.number
        let target = file(contents.nextSequence)
        let descriptor = try files.createFile(target + Self.unfinished)
        do {
            defer { try? files.close(descriptor) }
            try files.writeAll(segment.header.bytes, to: descriptor)
            while let record = try reader.record() {
                try files.writeAll(record.bytes, to: descriptor)
                number = record.number + Int64(record.count)
            }
            try files.sync(descriptor)
        }
        try files.rename(target + Self.unfinished, to: target)
        try files.syncDirectory(path)
        try files.unlink(file(segment.sequence))
        contents.nextSequence += 1
        contents.recovery.missing = reader.missing
        return number
    }

    /// A file without a header was never written to if it is short; else its bytes are kept for people to look at.
    private func putAside(_ sequence: Int64, _ contents: inout Contents) throws {
        var reader = try SegmentReader(file(sequence), files: files)
        let isEmpty = try reader.record() == nil
        reader.close()
        guard !isEmpty else { return try files.unlink(file(sequence)) }
        let name = LogSegment.fileName(sequence) + ".damaged"
        try files.rename(file(sequence), to: "\(path)/\(name)")
        contents.recovery.damagedFiles.append(name)
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
            try? close(descriptor)
            throw error
        }
        try close(descriptor)
    }
}
