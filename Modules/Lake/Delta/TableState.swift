internal import PipelineCore

/// A table at one version: what replaying its log up to there comes to.
struct TableState: Codable {
    struct DataFile: Codable {
        /// In bytes.
        let size: Int64
        let rowCount: Int64
    }

    let table: String
    private(set) var version: Int64 = -1
    private(set) var committedAt = Timestamp(microseconds: 0)
    /// The id of the commit that made the version, to tell it from another that has the same number.
    private(set) var transaction: String?
    private(set) var protocolVersion = DeltaProtocol.ours
    private(set) var metaData: DeltaMetaData?
    /// By decoded path, relative to the table.
    private(set) var files: [String: DataFile] = [:]
    private(set) var cursors: [String: Int64] = [:]
    private(set) var rowCount: Int64 = 0
    /// In bytes.
    private(set) var size: Int64 = 0

    /// The table before its first version.
    init(of table: DatasetName) { self.table = table.rawValue }

    /// Moves to the next version; throws `schemaMismatch` where that needs a reader that knows more than we do.
    mutating func apply(_ commit: DeltaCommit) throws {
        version = commit.version
        transaction = commit.info?.txnId
        // Versions are in order whatever their writers' clocks say.
        committedAt = max(committedAt, commit.committedAt ?? committedAt)
        for action in commit.actions {
            if let remove = action.remove { take(PathEncoding.decode(remove.path)) }
        }
        for action in commit.actions {
            if let add = action.add { try put(add) }
            if let transaction = action.txn { cursors[transaction.appId] = transaction.version }
            if let metaData = action.metaData { self.metaData = metaData }
            if let version = action.protocol {
                protocolVersion = version
                guard version.minReaderVersion <= DeltaProtocol.ours.minReaderVersion else {
                    throw unreadable("needs readers of version \(version.minReaderVersion)")
                }
            }
        }
    }

    private mutating func put(_ add: DeltaAdd) throws {
        let path = PathEncoding.decode(add.path)
        guard let rows = add.stats.flatMap(DeltaStatistics.rowCount) else {
            throw unreadable("does not say how many rows \(path) has")
        }
        guard !path.hasPrefix("/"), !path.contains(":/"), !path.split(separator: "/").contains("..") else {
            throw unreadable("refers to a file outside its directory")
        }
        take(path)
        files[path] = DataFile(size: add.size, rowCount: rows)
        rowCount += rows
        size += add.size
    }

    private mutating func take(_ path: String) {
        guard let file = files.removeValue(forKey: path) else { return }
        rowCount -= file.rowCount
        size -= file.size
    }

    /// What the table is; throws where it is something that we cannot read.
    func definition() throws -> DatasetDefinition {
        guard let metaData else { throw unreadable("has no metadata") }
        guard metaData.partitionColumns.isEmpty else {
            throw unreadable("is partitioned by \(metaData.partitionColumns.joined(separator: ", "))")
        }
        guard metaData.format.provider == "parquet" else {
            throw unreadable("is stored as \(metaData.format.provider)")
        }
        let name = DatasetName(rawValue: table)
        return DatasetDefinition(
            name: name,
            summary: metaData.description ?? "",
            schema: try DeltaSchema(metaData.schemaString, of: name).schema,
            key: metaData.key
        )
    }

    private func unreadable(_ reason: String) -> PipelineError {
        PipelineError(
            .schemaMismatch,
            "table '\(table)' \(reason) since version \(version)",
            while: "reading a table's log",
            hint: "another program has changed the table; versions before that can still be read"
        )
    }
}

extension DeltaMetaData {
    private static let keyProperty = "millrace.key"

    /// The columns that identify a row, which the protocol has no place for; kept among the properties, one a line.
    var key: [String] {
        get { configuration[Self.keyProperty]?.split(separator: "\n").map(String.init) ?? [] }
        set { configuration[Self.keyProperty] = newValue.isEmpty ? nil : newValue.joined(separator: "\n") }
    }
}
