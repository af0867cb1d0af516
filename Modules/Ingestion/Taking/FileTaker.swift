internal import PipelineCore

/// Takes one file: its bytes into the raw zone as they come, its records into the spool, in one pass.
struct FileTaker {
    let job: IngestionJob

    /// Reads a file of the source, stores it, and spools its records.
    ///
    /// Nil if the file has gone, or is not what it was when it was looked at: the next run sees what it is then.
    func take(_ item: IngestionPlan.Item, known: KnownContents, into spool: inout Spool) async throws -> LandedFile? {
        let content = FileContent(item.file, of: job.source, codings: job.codings)
        var entry = entry(for: item, coding: content.coding)
        if item.action == .known, let earlier = item.earlier {
            return Self.repeating(earlier, as: entry, damage: earlier.damage)
        }
        var digest = ContentDigest()
        if item.action == .grown, let earlier = item.earlier, let resume = item.resume {
            // What is read now does not begin at the file's beginning, and would not show that it is another file.
            guard try await content.begins(like: earlier) else { return nil }
            Self.resume(earlier, in: &entry, isFork: item.isFork)
            digest = resume
        }
        entry.startOffset = content.coding == nil ? entry.contentOffset : 0
        guard let stored = try await content.stored(from: entry.startOffset) else { return nil }

        let arrival = Timestamp(microseconds: entry.arrival)
        let object = try await job.rawZone.object(
            of: job.name,
            arrival: arrival,
            fileExtension: Self.fileExtension(of: item.file.path)
        )
        do {
            let copied = Tee(stored, into: object)
            let scanned = try await scan(
                content.coding?.decode(copied) ?? copied,
                skipping: content.coding == nil ? 0 : entry.contentOffset,
                entry: &entry,
                digest: &digest,
                into: &spool
            )
            (entry.digest, entry.head, entry.contentLength) = (digest.value, digest.head, digest.length)
            if entry.fileID.isEmpty { entry.fileID = ContentDigest.identity(of: entry.digest, in: job.name) }
            // What is new here says nothing about damage elsewhere.
            let same = known.entry(of: digest, isDamaged: entry.damage != nil || item.action == .new)
            if same != nil || digest.length < item.earlier?.contentLength ?? 0 {
                await object.abort()
                spool.skip()
                return same.map { Self.repeating($0, as: entry, damage: entry.damage) }
            }
            while try await copied.next() != nil {}  // What is behind damage is kept all the same.
            entry.object = try await object.finish().key.rawValue
            add(entry, scanned, to: &spool)
            return entry
        } catch {
            await object.abort()
            throw error
        }
    }

    /// Spools the records of a file without storing anything.
    func look(at file: SourceFile, into spool: inout Spool) async throws {
        let content = FileContent(file, of: job.source, codings: job.codings)
        guard let bytes = try await content.read() else { return }
        var entry = entry(for: IngestionPlan.Item(file: file, action: .new), coding: content.coding)
        entry.fileID = "preview-\(spool.nextIndex)"
        var digest = ContentDigest()
        let scanned = try await scan(bytes, skipping: 0, isStored: false, entry: &entry, digest: &digest, into: &spool)
        add(entry, scanned, to: &spool)
    }

    /// Spools the records of a file that an earlier run has landed.
    func retake(_ landed: LandedFile, into spool: inout Spool) async throws {
        guard let key = landed.object else { return }
        if landed.isReplay == true {
            return try await job.retakeReplay(landed, at: ObjectKey(rawValue: key), into: &spool)
        }
        let coding = job.codings.first { $0.fileExtension == landed.coding }
        let stored = try await job.rawZone.read(ObjectKey(rawValue: key))
        var entry = landed
        var digest = ContentDigest()
        let scanned = try await scan(
            coding?.decode(stored) ?? stored,
            skipping: coding == nil ? 0 : landed.contentOffset,
            entry: &entry,
            digest: &digest,
            into: &spool
        )
        guard scanned.sink == nil || entry.rows == landed.rows else {
            throw PipelineError(
                .corruptData,
                "\(landed.path), kept as \(key), has \(entry.rows) rows; when it was landed it had \(landed.rows)",
                while: "completing what an earlier run began with '\(job.name)'",
                hint:
                    "if the source's format, delimiter or columns were changed in the config, change them back for one run"
            )
        }
        add(landed, scanned, to: &spool)
    }

    // MARK: Entries

    private func entry(for item: IngestionPlan.Item, coding: (any ContentCoding)?) -> LandedFile {
        var entry = LandedFile(
            path: item.file.path,
            fileID: "",
            size: item.file.size,
            modified: item.file.modified.microseconds,
            arrival: job.clock().microseconds,
            coding: coding?.fileExtension
        )
        entry.supersedes = item.replaces
        return entry
    }

    /// An entry that only says: this path holds what is known already.
    private static func repeating(_ earlier: LandedFile, as entry: LandedFile, damage: String?) -> LandedFile {
        var repeated = earlier
        repeated.path = entry.path
        repeated.object = nil
        repeated.size = entry.size
        repeated.modified = entry.modified
        repeated.arrival = entry.arrival
        repeated.coding = entry.coding
        repeated.damage = damage
        repeated.supersedes = entry.supersedes
        return repeated
    }

    /// Makes an entry go on where an earlier one ended.
    private static func resume(_ earlier: LandedFile, in entry: inout LandedFile, isFork: Bool) {
        entry.contentOffset = earlier.resumeOffset
        entry.firstRow = earlier.resumeRow
        entry.columns = earlier.columns
        entry.delimiter = earlier.delimiter
        // Whoever continued the content first has replaced its last rows by whole ones, and has its identity.
        guard !isFork else { return }
        entry.fileID = earlier.fileID
        if earlier.hasProvisionalRows {
            entry.supersedes.append(.init(fileID: earlier.fileID, fromRow: earlier.resumeRow))
        }
    }

    private func add(_ entry: LandedFile, _ scanned: Scanned, to spool: inout Spool) {
        guard scanned.sink == nil else { return spool.add(entry, scanned.sink, shape: scanned.shape) }
        let stored = entry.object.flatMap { job.rawZone.localPath(of: ObjectKey(rawValue: $0)) }
        spool.add(entry, parquet: scanned.copy ?? stored ?? "")
    }

    // MARK: Records

    /// What came of a file's bytes; without a sink where the engine reads the file itself.
    private struct Scanned {
        var sink: RecordSink?
        var shape = Spool.Shape.lines
        /// Where the plain bytes are, if the engine cannot read the object as it is stored.
        var copy: String?
    }

    private func scan(
        _ plain: ByteStream,
        skipping skipped: Int64,
        isStored: Bool = true,
        entry: inout LandedFile,
        digest: inout ContentDigest,
        into spool: inout Spool
    ) async throws -> Scanned {
        guard var scanner = job.scanner(for: entry) else {
            let copy = isStored && entry.coding == nil ? nil : try await spool.file("\(spool.nextIndex).parquet")
            return try await pass(plain, on: copy, entry: &entry, digest: &digest)
        }
        var sink = RecordSink(fileIndex: spool.nextIndex, firstRow: entry.firstRow)
        var toSkip = skipped
        do {
            for try await chunk in plain {
                try Task.checkCancellation()
                let new = toSkip == 0 ? chunk : Array(chunk.dropFirst(Int(min(toSkip, Int64(chunk.count)))))
                toSkip -= Int64(chunk.count - new.count)
                digest.update(new[...])
                scanner.scan(new, into: &sink)
                if sink.clean.count + sink.rejected.count > 1 << 20 {
                    try await spool.drain(&sink, shape: Self.shape(of: scanner))
                }
            }
        } catch let error as PipelineError where error.code == .corruptData {
            entry.damage = error.message
        }
        let before = sink.rejectedCount
        scanner.finish(into: &sink, problem: entry.damage)
        if let damage = entry.damage, sink.rejectedCount == before { sink.reject(damage) }
        try await spool.drain(&sink, shape: Self.shape(of: scanner))
        Self.note(scanner, sink, in: &entry)
        return Scanned(sink: sink, shape: Self.shape(of: scanner))
    }

    /// Passes on what the engine reads itself; what is damaged it will refuse.
    private func pass(
        _ plain: ByteStream,
        on copy: (any WorkspaceFile)?,
        entry: inout LandedFile,
        digest: inout ContentDigest
    ) async throws -> Scanned {
        do {
            for try await chunk in plain {
                digest.update(chunk[...])
                try await copy?.append(chunk)
            }
        } catch let error as PipelineError where error.code == .corruptData {
            entry.damage = error.message
        }
        try await copy?.finish()
        return Scanned(copy: copy?.path)
    }

    private static func shape(of scanner: any RecordScanner) -> Spool.Shape {
        scanner.columns.map { Spool.Shape(columns: $0, delimiter: scanner.delimiter ?? .comma) } ?? .lines
    }

    private static func note(_ scanner: any RecordScanner, _ sink: RecordSink, in entry: inout LandedFile) {
        entry.rows = sink.count
        entry.columns = scanner.columns
        entry.delimiter = scanner.delimiter.map { String(UnicodeScalar($0)) }
        entry.resumeOffset = entry.contentOffset + scanner.resumption.offset
        entry.resumeRow = scanner.resumption.row
    }

    /// Everything behind the file name's first dot: `csv.gz`.
    private static func fileExtension(of path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let parts = name.split(separator: ".", omittingEmptySubsequences: true).dropFirst()
        let known = parts.suffix(2).filter {
            $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } && $0.count <= 8
        }
        return known.isEmpty ? "bin" : known.joined(separator: ".")
    }
}
