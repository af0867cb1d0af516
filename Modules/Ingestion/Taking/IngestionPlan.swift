public import PipelineCore

/// What a run will take of one source, and why; found by looking, before anything is done.
public struct IngestionPlan: Sendable {
    /// What is to be done with one file.
    public enum Action: String, Sendable {
        /// Nothing of it is known.
        case new
        /// It goes on where an earlier part ended.
        case grown
        /// Its content is not what was taken under its name.
        case changed
        /// All of it is known, under this name or another.
        case known
    }
    /// One file and what is to be done with it.
    public struct Item: Sendable {
        public let file: SourceFile
        public let action: Action
        /// The entry that it continues or repeats.
        let earlier: LandedFile?
        /// The digest of what comes before the new part.
        let resume: ContentDigest?
        var supersedes: [LandedFile.Superseded] = []
    }
    /// Files whose size and time of change are those that were taken; they are not read.
    public let unchanged: Int
    public let items: [Item]
    /// Landings that an earlier run logged and did not get into the table.
    public let unconsumed: [Landing]
    let latestLanding: Int64?

    /// Whether there is anything to do at all.
    public var isEmpty: Bool { items.isEmpty && unconsumed.isEmpty }
}

extension IngestionJob {
    /// Looks at the source, the ledger and the table, and decides; reads only files that may be known or continued.
    public func plan() async throws -> IngestionPlan {
        let ledger = try await rawZone.ledger(of: name)
        let byPath = Dictionary(ledger.files.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
        let known = ledger.files.filter { !ledger.retired.contains($0.fileID) && $0.contentLength > 0 }
        var unchanged: [LandedFile] = []
        var items: [IngestionPlan.Item] = []
        for file in try await source.list() {
            if let entry = byPath[file.path], entry.size == file.size, entry.modified == file.modified.microseconds {
                unchanged.append(entry)
            } else {
                items.append(try await decide(file, known: known, isTaken: byPath[file.path] != nil))
            }
        }
        let present = Set(unchanged.map(\.fileID) + items.compactMap(\.earlier?.fileID))
        for index in items.indices where items[index].action != .known {
            guard let before = byPath[items[index].file.path], !ledger.retired.contains(before.fileID) else { continue }
            items[index].supersedes += superseded(before, by: items[index], present: present)
        }
        let consumed = try await tables.snapshot(of: options.table, at: nil)?.cursors[cursor]
        return IngestionPlan(
            unchanged: unchanged.count, items: items, unconsumed: try await rawZone.landings(of: name, after: consumed),
            latestLanding: ledger.latest
        )
    }

    private func decide(_ file: SourceFile, known: [LandedFile], isTaken: Bool) async throws -> IngestionPlan.Item {
        guard !known.isEmpty, file.size > 0 else {
            return IngestionPlan.Item(file: file, action: isTaken ? .changed : .new, earlier: nil, resume: nil)
        }
        let found = try await FileContent(file, of: source, codings: codings).identify(among: known)
        guard let earlier = found.longest else {
            return IngestionPlan.Item(file: file, action: isTaken ? .changed : .new, earlier: nil, resume: nil)
        }
        if found.isWhole { return IngestionPlan.Item(file: file, action: .known, earlier: earlier, resume: nil) }
        guard format(of: file).canGrow else {
            return IngestionPlan.Item(file: file, action: isTaken ? .changed : .new, earlier: nil, resume: nil)
        }
        var item = IngestionPlan.Item(file: file, action: .grown, earlier: earlier, resume: found.resume)
        if earlier.resumeOffset < earlier.contentLength {
            item.supersedes = [.init(fileID: earlier.fileID, fromRow: earlier.resumeRow)]
        }
        return item
    }

    /// The rows of a path's earlier content that a new content takes the place of. Content that is still there under
    /// another name was moved, not changed.
    private func superseded(
        _ before: LandedFile, by item: IngestionPlan.Item, present: Set<String>
    ) -> [LandedFile.Superseded] {
        let isLog = [.lines, .ndjson].contains(format(of: item.file))
        let change = options.onChange ?? (isLog ? .append : .replace)
        guard change == .replace, item.earlier?.fileID != before.fileID, !present.contains(before.fileID) else { return [] }
        return [.init(fileID: before.fileID, fromRow: 1)]
    }
}
