/// The tables of the lake: versioned, each version complete, published by atomic commits.
///
/// Engines write Parquet files into a ``stage(_:for:)`` directory; ``commit(_:)`` publishes them. Nothing else changes a
/// table. A reader of a snapshot sees exactly one version for as long as its files are kept.
public protocol TableStore: Sendable {
    /// The names of all tables, sorted.
    func tables() async throws -> [DatasetName]

    /// A version of a table (nil: the latest); nil where the table, or that version of it, does not exist.
    func snapshot(of table: DatasetName, at version: Int64?) async throws -> TableSnapshot?

    /// The path of a file of a version that is not there any more, though nobody may remove it; nil where all are there.
    func missingFile(of snapshot: TableSnapshot) async throws -> String?

    /// What is known of each version, oldest first.
    func history(of table: DatasetName) async throws -> [TableVersion]

    /// The path of a new, empty directory of this run into which an engine may write files for the table.
    func stage(_ table: DatasetName, for run: RunID) async throws -> String

    /// Publishes staged files as the table's next version, durably and at once for all readers.
    ///
    /// Throws `conflict` (with `retry`) if the table is no longer at `change.readVersion`.
    func commit(_ change: TableChange) async throws -> TableSnapshot

    /// Removes files that no version younger than `grace` refers to, staged ones included; returns how many and how large.
    func vacuum(_ table: DatasetName, grace: Duration) async throws -> (files: Int, bytes: Int64)
}

/// One version of a table.
public struct TableSnapshot: Sendable {
    /// Name, columns and meaning as this version has them.
    public let definition: DatasetDefinition
    /// Counts from 0.
    public let version: Int64
    /// When the version was published, by the clock of the machine that did it.
    public let committedAt: Timestamp
    /// All of the version, in no order that means anything; none is an empty table.
    public let files: [TableFile]
    /// How far each input has been consumed into this version, by its name; see ``TableChange/cursors``.
    public let cursors: [String: Int64]
    /// A snapshot by its parts.
    public init(
        definition: DatasetDefinition,
        version: Int64,
        committedAt: Timestamp,
        files: [TableFile],
        cursors: [String: Int64]
    ) {
        self.definition = definition
        self.version = version
        self.committedAt = committedAt
        self.files = files
        self.cursors = cursors
    }
    /// The rows of all files.
    public var rowCount: Int64 { files.reduce(0) { $0 + $1.rowCount } }
    /// In bytes.
    public var size: Int64 { files.reduce(0) { $0 + $1.size } }
}

/// One data file of a table version.
public struct TableFile: Sendable, Hashable {
    /// Where the engine finds the file on this machine.
    public let path: String
    /// In bytes.
    public let size: Int64
    /// How many rows the file holds, as its writer counted them.
    public let rowCount: Int64
    /// A file by its parts.
    public init(path: String, size: Int64, rowCount: Int64) {
        self.path = path
        self.size = size
        self.rowCount = rowCount
    }
}

/// What the log says about one version.
public struct TableVersion: Sendable, Hashable {
    /// Counts from 0.
    public let version: Int64
    /// When the version was published.
    public let committedAt: Timestamp
    /// What was done: `APPEND`, `REPLACE`.
    public let operation: String
    /// The run that published it; nil where another program did.
    public let run: RunID?
    /// The rows of the version as a whole, not of the change.
    public let rowCount: Int64
    /// The bytes of the version as a whole.
    public let size: Int64
    /// A version by its parts.
    public init(
        version: Int64,
        committedAt: Timestamp,
        operation: String,
        run: RunID?,
        rowCount: Int64,
        size: Int64
    ) {
        self.version = version
        self.committedAt = committedAt
        self.operation = operation
        self.run = run
        self.rowCount = rowCount
        self.size = size
    }
}

/// A change that makes the next version of a table.
public struct TableChange: Sendable {
    /// What happens to the files of the version before.
    public enum Mode: Sendable, Equatable {
        /// They stay; new ones are added.
        case append
        /// They go; the new ones are the whole table.
        case replace
    }
    /// The table as it is to be; columns may be added to those of the version before.
    public var definition: DatasetDefinition
    /// What becomes of the files that are there.
    public var mode: Mode
    /// Files in a directory from ``TableStore/stage(_:for:)``.
    public var files: [StagedFile]
    /// Inputs consumed by this change, each to the given position.
    ///
    /// They are recorded in the same commit, so that a rerun can tell what is done. In an append
    /// positions only grow.
    public var cursors: [String: Int64]
    /// The version that the change was computed from; nil: the table did not exist.
    public var readVersion: Int64?
    /// The run that makes the change, recorded with it.
    public var run: RunID
    /// A change; without `cursors` it consumes nothing.
    public init(
        definition: DatasetDefinition,
        mode: Mode,
        files: [StagedFile],
        cursors: [String: Int64] = [:],
        readVersion: Int64?,
        run: RunID
    ) {
        self.definition = definition
        self.mode = mode
        self.files = files
        self.cursors = cursors
        self.readVersion = readVersion
        self.run = run
    }
}

/// A Parquet file that an engine wrote into a staging directory, with what it says about it.
public struct StagedFile: Sendable, Hashable {
    /// Absolute, inside the staging directory.
    public let path: String
    /// In bytes.
    public let size: Int64
    /// How many rows the engine says it wrote.
    public let rowCount: Int64
    /// By top-level column, for readers that skip files; a column may be left out.
    public let statistics: [String: ColumnStatistics]
    /// A file by its parts.
    public init(path: String, size: Int64, rowCount: Int64, statistics: [String: ColumnStatistics]) {
        self.path = path
        self.size = size
        self.rowCount = rowCount
        self.statistics = statistics
    }
}

/// Bounds of one column in one file, written as the engine prints the type in canonical CSV.
public struct ColumnStatistics: Sendable, Hashable {
    /// At most every value; nil where unknown.
    public let minimum: String?
    /// At least every value; nil where unknown.
    public let maximum: String?
    /// How many values are NULL; nil where unknown.
    public let nullCount: Int64?
    /// Bounds of a column.
    public init(minimum: String?, maximum: String?, nullCount: Int64?) {
        self.minimum = minimum
        self.maximum = maximum
        self.nullCount = nullCount
    }
}
