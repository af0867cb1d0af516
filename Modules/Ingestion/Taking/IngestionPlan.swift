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
        /// The file as it was listed.
        public let file: SourceFile
        /// What is to be done with it.
        public let action: Action
        /// What it continues or repeats.
        var earlier: LandedFile?
        /// The digest of what comes before the new part.
        var resume: ContentDigest?
        /// The size of the decompressed content, where it was read.
        var length: Int64 = 0
        /// Another file has already been taken as the continuation of `earlier`: this one's rows get an identity of their own.
        var isFork = false
        /// Another file of the plan continues the same content: when that has been taken, this one is looked at again.
        var isContested = false
        /// Rows of the content that its path held before.
        var replaces: [LandedFile.Superseded] = []
    }
    /// Files whose size and time of change are those that were taken; they are not read.
    public let unchanged: Int
    /// The files that are to be taken, in this order.
    public let items: [Item]
    /// Landings that an earlier run logged and did not get into the table.
    public let unconsumed: [Landing]
    /// Why all that was ever landed is read again; nil where it is not.
    public let rebuild: String?
    let ledger: Ledger

    /// Whether there is anything to do at all.
    public var isEmpty: Bool { items.isEmpty && unconsumed.isEmpty && rebuild == nil }

    /// Whether the tables may change; not where all that is new is names and times of content that is known.
    public var changesRows: Bool {
        rebuild != nil || !unconsumed.isEmpty || items.contains { $0.action != .known || !$0.replaces.isEmpty }
    }
}

extension IngestionJob {
    /// Looks at the source, the ledger and the table, and decides; reads only files that may be known or continued.
    ///
    /// A file that goes away while this looks is left out. With `isFull` everything that was landed is consumed again,
    /// as it is where the source's mapping has changed since.
    public func plan(isFull: Bool = false) async throws -> IngestionPlan {
        let ledger = try await rawZone.ledger(of: name)
        let byPath = Dictionary(ledger.files.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
        let known = KnownContents(ledger)
        var unchanged: [LandedFile] = []
        var items: [IngestionPlan.Item] = []
        for file in try await source.list() {
            try Task.checkCancellation()
            if let entry = byPath[file.path], entry.size == file.size, entry.modified == file.modified.microseconds {
                unchanged.append(entry)
            } else if let item = try await decide(file, known: known, isTaken: byPath[file.path] != nil) {
                items.append(item)
            }
        }
        items = separating(items, from: unchanged, byPath)
        let present = Set(unchanged.map(\.fileID) + items.compactMap(\.earlier?.fileID))
        for index in items.indices {
            guard let before = byPath[items[index].file.path], !ledger.retired.contains(before.fileID) else { continue }
            items[index].replaces = superseded(before, by: items[index], present: present)
        }
        let snapshot = try await tables.snapshot(of: options.table, at: nil)
        try await refuse(items, takenBySourcesThatAreGoneFrom: snapshot)
        return try await pending(
            unchanged: unchanged.count,
            items: Self.contesting(items),
            isFull: isFull,
            snapshot: snapshot,
            ledger: ledger
        )
    }

    /// What is to be consumed of what has landed, without a look at the source.
    func pending() async throws -> IngestionPlan {
        try await pending(
            unchanged: 0,
            items: [],
            isFull: false,
            snapshot: tables.snapshot(of: options.table, at: nil),
            ledger: rawZone.ledger(of: name)
        )
    }

    private func pending(
        unchanged: Int,
        items: [IngestionPlan.Item],
        isFull: Bool,
        snapshot: TableSnapshot?,
        ledger: Ledger
    ) async throws -> IngestionPlan {
        let rebuild = reasonToRebuild(from: snapshot, isFull: isFull)
        return IngestionPlan(
            unchanged: unchanged,
            items: items,
            unconsumed: try await rawZone.landings(of: name, after: rebuild == nil ? snapshot?.cursors[cursor] : nil)
                .filter(\.changesRows),
            rebuild: rebuild,
            ledger: ledger
        )
    }

    /// What is to be done with a file; nil if it is no longer there.
    func decide(_ file: SourceFile, known: KnownContents, isTaken: Bool) async throws -> IngestionPlan.Item? {
        let fresh = IngestionPlan.Item(file: file, action: isTaken ? .changed : .new)
        guard !known.isEmpty, file.size > 0 else { return fresh }
        switch try await FileContent(file, of: source, codings: codings).identify(among: known) {
        case .gone: return nil
        case .unknown: return fresh
        case .known(let entry): return IngestionPlan.Item(file: file, action: .known, earlier: entry)
        case .grown(let earlier, let resume, let length):
            guard format(ofPath: file.path).canGrow else { return fresh }
            return IngestionPlan.Item(
                file: file,
                action: .grown,
                earlier: earlier,
                resume: resume,
                length: length,
                isFork: known.isContinued(earlier)
            )
        }
    }

    /// Takes files for new that only begin like another one which is still there.
    ///
    /// What goes on under another name is a log that was moved or is being copied. While the first file is as it was, or
    /// of a format that is written at once, two files have rows in common as any others may.
    private func separating(
        _ items: [IngestionPlan.Item],
        from unchanged: [LandedFile],
        _ byPath: [String: LandedFile]
    ) -> [IngestionPlan.Item] {
        func growsInPlace(_ item: IngestionPlan.Item) -> Bool {
            item.action == .grown && byPath[item.file.path]?.fileID == item.earlier?.fileID
        }
        let resting = Set(unchanged.map(\.fileID))
        let growing = Set(items.filter(growsInPlace).compactMap(\.earlier?.fileID))
        return items.map { item in
            guard item.action == .grown, !growsInPlace(item), let content = item.earlier?.fileID else { return item }
            let isLog = change(ofPath: item.file.path) == .append
            guard resting.contains(content) || (growing.contains(content) && !isLog) else { return item }
            return IngestionPlan.Item(file: item.file, action: byPath[item.file.path] == nil ? .new : .changed)
        }
    }

    /// What it means that a file's content is another one.
    private func change(ofPath path: String) -> IngestionOptions.Change {
        options.onChange ?? ([.lines, .ndjson].contains(format(ofPath: path)) ? .append : .replace)
    }

    /// The rows of a path's earlier content that a new content takes the place of.
    ///
    /// Content that is still there under another name was moved, not changed.
    private func superseded(
        _ before: LandedFile,
        by item: IngestionPlan.Item,
        present: Set<String>
    ) -> [LandedFile.Superseded] {
        // What was damaged is replaced by what is whole, or less damaged.
        let change = before.damage != nil ? .replace : change(ofPath: item.file.path)
        let hasRows = before.resumeRow > 1 || before.hasProvisionalRows
        guard change == .replace, hasRows, !present.contains(before.fileID) else { return [] }
        return [.init(fileID: before.fileID, fromRow: 1)]
    }

    /// Of several files that continue one content, as a log and its copy do for a moment while it is rotated, the shortest
    /// comes first, and the others when it has been taken.
    private static func contesting(_ items: [IngestionPlan.Item]) -> [IngestionPlan.Item] {
        var continued: Set<String> = []
        var contested: [IngestionPlan.Item] = []
        for item in items.filter({ $0.action == .grown }).sorted(by: { $0.length < $1.length }) {
            guard let content = item.earlier?.fileID, !continued.insert(content).inserted else { continue }
            var item = item
            item.isContested = true
            contested.append(item)
        }
        let paths = Set(contested.map(\.file.path))
        return items.filter { !paths.contains($0.file.path) } + contested
    }
}
