internal import PipelineCore

/// The clean records of one landing on local disk, sorted by their shape, for the engine; and the broken ones.
struct Spool {
    /// What records must share to lie in one file.
    struct Shape: Hashable {
        let columns: [String]?
        let delimiter: UInt8?
    }
    /// The records of one shape.
    struct Group {
        let shape: Shape
        let file: any WorkspaceFile
        var longest = 0
        var hasLineEnds = false
        var rows: Int64 = 0
    }

    /// The landing that is spooled, in the order of the file indexes.
    private(set) var files: [LandedFile] = []
    /// Parquet objects by file index: the engine reads them where they lie.
    private(set) var parquet: [(index: Int, path: String)] = []
    private(set) var groups: [Shape: Group] = [:]
    private(set) var rejectedRows: Int64 = 0
    private(set) var rejects: (any WorkspaceFile)?
    private var longestReject = 0
    let workspace: any Workspace
    let prefix: String

    init(_ prefix: String, in workspace: any Workspace) {
        self.prefix = prefix
        self.workspace = workspace
    }

    var rows: Int64 { files.reduce(0) { $0 + $1.rows } }
    var nextIndex: Int { files.count }

    mutating func add(_ file: LandedFile) { files.append(file) }

    mutating func addParquet(_ path: String) { parquet.append((nextIndex, path)) }

    /// Writes out what a sink has gathered and empties it.
    mutating func drain(_ sink: inout RecordSink, shape: Shape) async throws {
        if !sink.clean.isEmpty {
            var group: Group
            if let existing = groups[shape] {
                group = existing
            } else {
                group = Group(shape: shape, file: try await workspace.file("\(prefix)-\(groups.count).records"))
            }
            try await group.file.append(sink.clean)
            group.longest = max(group.longest, sink.longest)
            group.hasLineEnds = group.hasLineEnds || sink.hasLineEnds
            groups[shape] = group
            sink.clean.removeAll(keepingCapacity: true)
        }
        guard !sink.rejected.isEmpty else { return }
        let rejects: any WorkspaceFile
        if let existing = self.rejects { rejects = existing } else { rejects = try await workspace.file("\(prefix)-rejects.csv") }
        self.rejects = rejects
        longestReject = max(longestReject, sink.rejected.count)
        try await rejects.append(sink.rejected)
        sink.rejected.removeAll(keepingCapacity: true)
    }

    /// Turns away a file that the engine cannot read at all.
    mutating func rejectFile(_ index: Int, reason: String) async throws {
        var sink = RecordSink(fileIndex: index, firstRow: 1)
        sink.reject([], reason)
        try await drain(&sink, shape: Shape(columns: nil, delimiter: nil))
        close(sink, shape: Shape(columns: nil, delimiter: nil))
        parquet.removeAll { $0.index == index }
        files[index].rows = 1
    }

    /// Notes how many rows a Parquet object has.
    mutating func setRows(_ rows: Int64, ofFile index: Int) { files[index].rows = rows }

    /// Notes the counts of a file whose records are all drained.
    mutating func close(_ sink: RecordSink, shape: Shape) {
        groups[shape]?.rows += sink.cleanCount
        rejectedRows += sink.rejectedCount
    }

    /// Closes the files; the engine may read them now.
    func finish() async throws {
        for group in groups.values { try await group.file.finish() }
        try await rejects?.finish()
    }

    /// Removes the files.
    func remove() async throws {
        for path in groups.values.map(\.file.path) + [rejects?.path].compactMap({ $0 }) {
            try await workspace.remove(path.split(separator: "/").last.map(String.init) ?? path)
        }
    }

    /// The broken records as the engine sees them.
    var rejectsTable: EngineTable {
        let schema = Schema([
            Field("file", .bigint), Field("row", .bigint), Field("reason", .varchar), Field("encoding", .varchar), Field("raw", .varchar),
        ])
        let paths = rejects.map { [$0.path] } ?? []
        return EngineTable(
            "rejected_records", schema: schema,
            storage: .text(paths, delimiter: ",", quote: "\"", longest: longestReject, hasLineEnds: true)
        )
    }
}
