internal import PipelineCore

/// What a source's log comes to at one landing.
struct SourceState: Codable {
    /// An entry and its place among all entries of the log.
    struct Entry: Codable {
        let position: Int64
        let file: LandedFile
    }

    private enum CodingKeys: String, CodingKey { case sequence, count, files, retired }

    /// The last landing; -1 before the first.
    private(set) var sequence: Int64 = -1
    /// How many entries the log has had.
    private var count: Int64 = 0
    private var byPath: [String: Entry] = [:]
    private var byContent: [String: Entry] = [:]
    /// Contents whose rows were all superseded, and that were not taken again since.
    private(set) var retired: Set<String> = []

    init() {}

    mutating func apply(_ landing: LandingFile) {
        for file in landing.files {
            retired.formUnion(file.supersedes.lazy.filter { $0.fromRow <= 1 }.map(\.fileID))
            if file.object != nil { retired.remove(file.fileID) }
            note(Entry(position: count, file: file))
            count += 1
        }
        sequence = landing.sequence
    }

    private mutating func note(_ entry: Entry) {
        byPath[entry.file.path] = entry
        byContent[entry.file.fileID] = entry
    }

    /// The latest entry of every path and of every content, in the order of the log.
    ///
    /// An entry that is the latest of both stands here once; one that is the latest of its content alone is that of a
    /// content whose path has been taken by another.
    var files: [Entry] {
        var all: [Int64: Entry] = [:]
        for entry in byPath.values { all[entry.position] = entry }
        for entry in byContent.values { all[entry.position] = entry }
        return all.values.sorted { $0.position < $1.position }
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        sequence = try values.decode(Int64.self, forKey: .sequence)
        count = try values.decode(Int64.self, forKey: .count)
        retired = Set(try values.decode([String].self, forKey: .retired))
        for entry in try values.decode([Entry].self, forKey: .files) { note(entry) }
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(sequence, forKey: .sequence)
        try values.encode(count, forKey: .count)
        try values.encode(retired.sorted(), forKey: .retired)
        try values.encode(files, forKey: .files)
    }
}
