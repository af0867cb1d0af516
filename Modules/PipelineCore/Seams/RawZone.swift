/// Where source files are kept as they came: immutable objects by source and arrival hour, and a log of what has landed.
///
/// A landing is the unit of ingestion. Its sequence number is the cursor that a table records when it has consumed it
/// (``TableChange/cursors``), so a landing that was not consumed is found and consumed by the next run.
public protocol RawZone: Sendable {
    /// Opens a new object of a source; `fileExtension` is as it came, without a leading dot: `csv.gz`.
    ///
    /// Nothing is visible before its landing is logged; an object that never lands is removed by ``vacuum(grace:)``.
    func object(of source: String, arrival: Timestamp, fileExtension: String) async throws -> any RawObjectWriter

    /// Logs a landing durably, and with it all its objects at once; returns its sequence number.
    ///
    /// Throws `conflict` if `previous` (nil: none) is no longer the latest landing of the source.
    func land(_ files: [LandedFile], of source: String, after previous: Int64?) async throws -> Int64

    /// The landings after a sequence number (nil: all), in order.
    func landings(of source: String, after sequence: Int64?) async throws -> [Landing]

    /// What is known of a source: its latest landing and, for every path and content taken so far, the latest entry.
    func ledger(of source: String) async throws -> Ledger

    /// The path under which an engine on this machine reads a landed object; nil where there is none.
    func localPath(of object: ObjectKey) -> String?

    /// The bytes of a landed object, as they came.
    func read(_ object: ObjectKey) async throws -> ByteStream

    /// Removes objects that no landing refers to and that are older than `grace`; returns how many and how large.
    func vacuum(grace: Duration) async throws -> (files: Int, bytes: Int64)
}

/// Takes the bytes of one new object.
public typealias RawObjectWriter = ObjectWriter

/// Files taken together, logged at once.
public struct Landing: Sendable, Hashable, Codable {
    /// Counts from 0 within a source, without holes.
    public let sequence: Int64
    /// In the order in which they were taken.
    public let files: [LandedFile]
    /// A landing by its parts.
    public init(sequence: Int64, files: [LandedFile]) {
        self.sequence = sequence
        self.files = files
    }

    /// Whether it adds rows or takes some away, and does not only note where known content was seen.
    public var changesRows: Bool { files.contains { $0.object != nil || !$0.supersedes.isEmpty } }
}

/// What the raw zone knows of one source.
public struct Ledger: Sendable, Hashable {
    /// The latest landing; nil before the first.
    public let latest: Int64?
    /// The latest entry of each path, and of each file identity whose path has since been taken by another file.
    public let files: [LandedFile]
    /// Contents whose rows were all superseded, and that were not taken again since.
    public let retired: Set<String>
    /// What is known of a source.
    public init(latest: Int64?, files: [LandedFile], retired: Set<String>) {
        self.latest = latest
        self.files = files
        self.retired = retired
    }
}

/// One file, or the new part of a grown one, as it was taken.
public struct LandedFile: Sendable, Hashable, Codable {
    /// The path in its source.
    public var path: String
    /// Where its bytes are; nil where nothing new was kept (the same content under another name).
    public var object: String?
    /// Identifies the content whatever its path: made of the source's name and the digest of what was first taken of it.
    public var fileID: String
    /// The digest of all its content, decompressed, in hexadecimal.
    public var digest: String
    /// The size of the file in its source when it was taken, in bytes as stored.
    public var size: Int64
    /// When the file was last modified in its source, in microseconds since 1970.
    public var modified: Int64
    /// When it was taken, in microseconds since 1970; the arrival of its rows.
    public var arrival: Int64
    /// The digest of the first 4 KiB (or all, if that is less) of the content: tells quickly that files differ.
    public var head: String
    /// Where in the stored file the object begins; the object reaches to what was the file's end.
    public var startOffset: Int64
    /// Where in the decompressed content the first row begins that this entry adds.
    public var contentOffset: Int64
    /// The decompressed size of the whole file, in bytes.
    public var contentLength: Int64
    /// The position of the object's first row in the file, from 1.
    public var firstRow: Int64
    /// How many rows the object holds, broken ones included; without an object, those of the entry that this one repeats.
    public var rows: Int64
    /// Where in the decompressed content a next part must begin: `contentLength`, or the start of a last row that had
    /// no line end and may not have been written to its end.
    public var resumeOffset: Int64
    /// The position of the row at `resumeOffset`.
    public var resumeRow: Int64
    /// The compression's extension (`gz`), nil for plain bytes.
    public var coding: String?
    /// Why the content ends before the stored bytes do; nil where they could be decompressed to their end.
    public var damage: String?
    /// The column names that the file's header gave; nil where the format has none.
    public var columns: [String]?
    /// What separates the fields of a row; nil where the format has none.
    public var delimiter: String?
    /// Rows that this entry replaces: all rows of `fileID` from position `fromRow` on.
    public var supersedes: [Superseded]
    /// True where the object holds records of earlier landings as they were fixed; nil elsewhere.
    ///
    /// Each has the file and the position that it had from the start, and takes the place of what is there. Such an entry
    /// is alone in its landing.
    public var isReplay: Bool?

    /// Rows of an earlier landing that no longer count.
    public struct Superseded: Sendable, Hashable, Codable {
        /// The content whose rows are meant.
        public var fileID: String
        /// The first of them, from 1; all that follow are meant too.
        public var fromRow: Int64
        /// Rows of a content from a position on.
        public init(fileID: String, fromRow: Int64) {
            self.fileID = fileID
            self.fromRow = fromRow
        }
    }

    /// An entry whose parts are filled in as they become known.
    public init(path: String, fileID: String, size: Int64, modified: Int64, arrival: Int64, coding: String?) {
        self.path = path
        self.fileID = fileID
        self.size = size
        self.modified = modified
        self.arrival = arrival
        self.coding = coding
        digest = ""
        head = ""
        startOffset = 0
        contentOffset = 0
        contentLength = 0
        firstRow = 1
        rows = 0
        resumeOffset = 0
        resumeRow = 1
        supersedes = []
    }
}
