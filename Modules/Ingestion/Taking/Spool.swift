internal import PipelineCore

/// The clean records of one landing on local disk, sorted by their shape, for the engine; and the broken ones.
struct Spool {
    /// What records must share to lie in one file.
    struct Shape: Hashable {
        let columns: [String]?
        let delimiter: UInt8?
        /// One record a line, without fields.
        static let lines = Shape(columns: nil, delimiter: nil)
        /// One JSON object a line, whatever the source's own records are.
        static let objects = Shape(columns: nil, delimiter: 1)
    }
    /// The records of one shape.
    struct Group {
        let shape: Shape
        let file: any WorkspaceFile
        var longest = 0
        var hasLineEnds = false
        var rows: Int64 = 0
    }
    /// A file of the landing, and the index by which records refer to it.
    struct Entry {
        let index: Int
        var file: LandedFile
    }

    private(set) var entries: [Entry] = []
    /// Parquet objects by file index, with their columns once they were inspected: the engine reads them where they lie.
    private(set) var parquet: [(index: Int, path: String, schema: Schema)] = []
    private(set) var groups: [Shape: Group] = [:]
    /// The columns that the files' headers name, those of files without records included.
    private(set) var headers: Set<[String]> = []
    private(set) var rejectedRows: Int64 = 0
    /// The index of the file that comes next.
    private(set) var nextIndex = 0
    private var rejects: (any WorkspaceFile)?
    private var longestReject = 0
    private var names: [String] = []
    private let workspace: any Workspace
    private let prefix: String

    init(_ prefix: String, in workspace: any Workspace) {
        self.prefix = prefix
        self.workspace = workspace
    }

    var files: [LandedFile] { entries.map(\.file) }
    /// The files in a few words, for messages.
    var described: String {
        let first = entries.first?.file.path ?? "no file"
        return entries.count > 1 ? "\(first) and \(entries.count - 1) more" : first
    }
    var rows: Int64 { entries.reduce(0) { $0 + $1.file.rows } }

    /// Counts a file whose records are all here.
    mutating func add(_ file: LandedFile, _ sink: RecordSink?, shape: Shape) {
        if let sink {
            groups[shape]?.rows += sink.cleanCount
            rejectedRows += sink.rejectedCount
        }
        // A header without a line end may not have been written to its end.
        if let columns = shape.columns, file.resumeOffset > 0 { headers.insert(columns) }
        entries.append(Entry(index: nextIndex, file: file))
        nextIndex += 1
    }

    /// Counts a Parquet object, which the engine reads where it lies.
    mutating func add(_ file: LandedFile, parquet path: String) {
        parquet.append((nextIndex, path, Schema([])))
        add(file, nil, shape: .lines)
    }

    /// Leaves out a file: what is here of it belongs to no file and is passed over.
    mutating func skip() { nextIndex += 1 }

    /// Writes out what a sink has gathered and empties it.
    mutating func drain(_ sink: inout RecordSink, shape: Shape) async throws {
        try await append(sink.clean, longest: sink.longest, hasLineEnds: sink.hasLineEnds, shape: shape)
        sink.clean.removeAll(keepingCapacity: true)
        guard !sink.rejected.isEmpty else { return }
        let rejects: any WorkspaceFile
        if let existing = self.rejects { rejects = existing } else { rejects = try await file("rejects.csv") }
        self.rejects = rejects
        longestReject = max(longestReject, sink.longestRejected)
        try await rejects.append(sink.rejected)
        sink.rejected.removeAll(keepingCapacity: true)
    }

    /// Writes out clean records that begin with the index of their file and their position.
    ///
    /// `rows` are those that no sink counts, `longest` the size of the longest so far.
    mutating func append(
        _ records: [UInt8],
        rows: Int64 = 0,
        longest: Int,
        hasLineEnds: Bool = false,
        shape: Shape
    ) async throws {
        guard !records.isEmpty else { return }
        var group: Group
        if let existing = groups[shape] {
            group = existing
        } else {
            group = Group(shape: shape, file: try await file("\(groups.count).records"))
        }
        try await group.file.append(records)
        group.rows += rows
        group.longest = max(group.longest, longest)
        group.hasLineEnds = group.hasLineEnds || hasLineEnds
        groups[shape] = group
    }

    /// Notes the columns of a Parquet object, and how many rows it has.
    mutating func describeParquet(_ index: Int, schema: Schema, rows: Int64) {
        for position in parquet.indices where parquet[position].index == index { parquet[position].schema = schema }
        setRows(rows, ofFile: index)
    }

    private mutating func setRows(_ rows: Int64, ofFile index: Int) {
        guard let position = entries.firstIndex(where: { $0.index == index }) else { return }
        entries[position].file.rows = rows
    }

    /// Turns away a Parquet object that the engine cannot read.
    mutating func rejectParquet(_ index: Int, reason: String) async throws {
        var sink = RecordSink(fileIndex: index, firstRow: 1)
        sink.reject(reason)
        try await drain(&sink, shape: .lines)
        rejectedRows += 1
        parquet.removeAll { $0.index == index }
        setRows(1, ofFile: index)
    }

    /// Opens a file of the spool.
    mutating func file(_ name: String) async throws -> any WorkspaceFile {
        let file = try await workspace.file("\(prefix)-\(name)")
        names.append("\(prefix)-\(name)")
        return file
    }

    /// Closes the files; the engine may read them now.
    func finish() async throws {
        for group in groups.values { try await group.file.finish() }
        try await rejects?.finish()
    }

    /// Removes the files.
    func remove() async throws {
        for name in names { try await workspace.remove(name) }
    }

    /// The broken records as the engine sees them.
    var rejectsTable: EngineTable {
        let schema = Schema([
            Field("file", .bigint), Field("row", .bigint), Field("reason", .varchar), Field("encoding", .varchar),
            Field("raw", .varchar),
        ])
        return EngineTable(
            "rejected_records",
            schema: schema,
            storage: .text(
                rejects.map { [$0.path] } ?? [],
                delimiter: ",",
                quote: "\"",
                longest: longestReject,
                hasLineEnds: true
            )
        )
    }

    /// Which file a record came from; its columns are `file`, `path`, `file_id` and `received_at`.
    mutating func filesTable() async throws -> EngineTable {
        var bytes: [UInt8] = []
        var longest = 0
        for entry in entries {
            let start = bytes.count
            bytes += "\(entry.index),".utf8
            bytes.append(quoted: Array(entry.file.path.utf8).span)
            bytes += ",\(entry.file.fileID),\(Timestamp(microseconds: entry.file.arrival))\n".utf8
            longest = max(longest, bytes.count - start)
        }
        let file = try await file("files.csv")
        try await file.append(bytes)
        try await file.finish()
        let schema = Schema([
            Field("file", .bigint), Field("path", .varchar), Field("file_id", .varchar),
            Field("received_at", .timestamptz),
        ])
        // A path may contain anything, line ends too.
        let storage = EngineTable.Storage.text(
            bytes.isEmpty ? [] : [file.path],
            delimiter: ",",
            quote: "\"",
            longest: longest,
            hasLineEnds: true
        )
        return EngineTable("landed_files", schema: schema, storage: storage)
    }
}
