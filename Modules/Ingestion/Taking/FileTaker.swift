internal import PipelineCore

/// Takes one file: its bytes into the raw zone as they come, its records into the spool, in one pass.
struct FileTaker {
    let job: IngestionJob
    let clock: @Sendable () -> Timestamp

    /// Reads a file of the source, stores it, and spools its records.
    func take(_ item: IngestionPlan.Item, into spool: inout Spool) async throws -> LandedFile {
        let content = FileContent(item.file, of: job.source, codings: job.codings)
        let arrival = clock()
        var entry = LandedFile(
            path: item.file.path, fileID: item.earlier?.fileID ?? "", size: item.file.size,
            modified: item.file.modified.microseconds, arrival: arrival.microseconds, coding: content.coding?.fileExtension
        )
        entry.supersedes = item.supersedes
        if item.action == .known, let earlier = item.earlier { return Self.repeated(earlier, as: entry) }

        var digest = item.resume ?? ContentDigest()
        entry.contentOffset = item.earlier?.resumeOffset ?? 0
        entry.firstRow = item.earlier?.resumeRow ?? 1
        entry.columns = item.earlier?.columns
        entry.delimiter = item.earlier?.delimiter
        entry.startOffset = content.coding == nil ? entry.contentOffset : 0

        let object = try await job.rawZone.object(of: job.name, arrival: arrival, fileExtension: Self.fileExtension(of: item.file.path))
        do {
            let stored = Tee(try await job.source.read(item.file, from: entry.startOffset), into: object)
            let plain = content.coding?.decode(stored) ?? stored
            try await scan(plain, skipping: content.coding == nil ? 0 : entry.contentOffset, entry: &entry, digest: &digest, into: &spool)
            while try await stored.next() != nil {}  // What is behind damage is kept all the same.
            let info = try await object.finish()
            entry.object = info.key.rawValue
            if job.format(of: item.file) == .parquet { spool.addParquet(job.localPath(info.key)) }
        } catch {
            await object.abort()
            throw error
        }
        entry.digest = digest.value
        entry.head = digest.head
        entry.contentLength = digest.length
        if entry.fileID.isEmpty { entry.fileID = String(entry.digest.prefix(32)) }
        spool.add(entry)
        return entry
    }

    /// Spools the records of a file without storing anything; of Parquet the engine must be able to read the file itself.
    func look(at file: SourceFile, into spool: inout Spool) async throws {
        let content = FileContent(file, of: job.source, codings: job.codings)
        var entry = LandedFile(
            path: file.path, fileID: "preview-\(spool.nextIndex)", size: file.size, modified: file.modified.microseconds,
            arrival: clock().microseconds, coding: content.coding?.fileExtension
        )
        var digest = ContentDigest()
        guard job.format(of: file) == .parquet else {
            try await scan(try await content.read(), skipping: 0, entry: &entry, digest: &digest, into: &spool)
            return spool.add(entry)
        }
        let copy = try await spool.workspace.file("preview-\(spool.nextIndex).parquet")
        for try await chunk in try await content.read() { try await copy.append(chunk) }
        try await copy.finish()
        spool.addParquet(copy.path)
        spool.add(entry)
    }

    /// Spools the records of a file that an earlier run has landed.
    func retake(_ landed: LandedFile, into spool: inout Spool) async throws {
        guard let key = landed.object else { return }
        let coding = job.codings.first { $0.fileExtension == landed.coding }
        let stored = try await job.rawZone.read(ObjectKey(rawValue: key))
        var entry = landed
        var digest = ContentDigest()
        try await scan(
            coding?.decode(stored) ?? stored, skipping: coding == nil ? 0 : landed.contentOffset, entry: &entry, digest: &digest, into: &spool
        )
        if job.format(ofPath: landed.path) == .parquet { spool.addParquet(job.localPath(ObjectKey(rawValue: key))) }
        guard job.format(ofPath: landed.path) == .parquet || entry.rows == landed.rows else {
            throw PipelineError(
                .corruptData, "\(key) has \(entry.rows) rows, the landing log says \(landed.rows)", while: "reading the raw zone"
            )
        }
        spool.add(landed)
    }

    /// An entry that only says: this path holds what is known already.
    private static func repeated(_ earlier: LandedFile, as entry: LandedFile) -> LandedFile {
        var repeated = earlier
        repeated.path = entry.path
        repeated.object = nil
        repeated.size = entry.size
        repeated.modified = entry.modified
        repeated.arrival = entry.arrival
        repeated.coding = entry.coding
        repeated.rows = 0
        repeated.supersedes = []
        return repeated
    }

    private func scan(
        _ plain: ByteStream, skipping skipped: Int64, entry: inout LandedFile, digest: inout ContentDigest, into spool: inout Spool
    ) async throws {
        guard var scanner = job.scanner(for: entry) else {
            for try await chunk in plain { digest.update(chunk[...]) }
            return
        }
        var sink = RecordSink(fileIndex: spool.nextIndex, firstRow: entry.firstRow)
        var toSkip = skipped
        var problem: String?
        do {
            for try await chunk in plain {
                try Task.checkCancellation()
                var rest = chunk[...]
                if toSkip > 0 {
                    let dropped = Int(min(toSkip, Int64(rest.count)))
                    toSkip -= Int64(dropped)
                    rest = rest.dropFirst(dropped)
                    guard !rest.isEmpty else { continue }
                }
                digest.update(rest)
                scanner.scan(rest.count == chunk.count ? chunk : Array(rest), into: &sink)
                if sink.clean.count + sink.rejected.count > 1 << 20 { try await spool.drain(&sink, shape: shape(of: scanner)) }
            }
        } catch let error as PipelineError where error.code == .corruptData {
            problem = error.message
        }
        let before = sink.rejectedCount
        scanner.finish(into: &sink, problem: problem)
        if let problem, sink.rejectedCount == before { sink.reject([], problem) }
        try await spool.drain(&sink, shape: shape(of: scanner))
        spool.close(sink, shape: shape(of: scanner))
        note(scanner, sink, in: &entry, length: digest.length)
    }

    private func shape(of scanner: any RecordScanner) -> Spool.Shape {
        Spool.Shape(columns: scanner.columns, delimiter: scanner.columns == nil ? nil : scanner.delimiter ?? UInt8(ascii: ","))
    }

    private func note(_ scanner: any RecordScanner, _ sink: RecordSink, in entry: inout LandedFile, length: Int64) {
        entry.rows = sink.count
        entry.columns = scanner.columns
        entry.delimiter = scanner.delimiter.map { String(UnicodeScalar($0)) }
        let last = scanner.lastRecord
        if last.isTerminated {
            (entry.resumeOffset, entry.resumeRow) = (length, sink.row)
        } else {
            (entry.resumeOffset, entry.resumeRow) = (entry.contentOffset + last.start, sink.row - 1)
        }
    }

    /// Everything behind the file name's first dot: `csv.gz`.
    private static func fileExtension(of path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let parts = name.split(separator: ".", omittingEmptySubsequences: true).dropFirst()
        let known = parts.suffix(2).filter { $0.allSatisfy { $0.isLetter || $0.isNumber } && $0.count <= 8 }
        return known.isEmpty ? "bin" : known.joined(separator: ".")
    }
}

/// Passes chunks on and stores them in the raw zone on the way.
private actor Tee: AsyncSequence {
    typealias Element = [UInt8]
    typealias Failure = any Error
    // SAFETY: only `next()` touches it, and whoever calls that awaits it before calling again.
    private nonisolated(unsafe) var bytes: any AsyncIteratorProtocol<[UInt8], any Error>
    private let object: any RawObjectWriter

    init(_ bytes: ByteStream, into object: any RawObjectWriter) {
        unsafe self.bytes = bytes.makeAsyncIterator()
        self.object = object
    }

    func next() async throws -> [UInt8]? {
        guard let chunk = unsafe try await bytes.next(isolation: self) else { return nil }
        try await object.append(chunk)
        return chunk
    }

    struct Iterator: AsyncIteratorProtocol {
        let tee: Tee
        mutating func next() async throws -> [UInt8]? { try await tee.next() }
    }
    nonisolated func makeAsyncIterator() -> Iterator { Iterator(tee: self) }
}
