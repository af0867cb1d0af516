/// One line of a log file; exactly one member is there, or none where another writer's line says nothing to us.
///
/// Names and meaning are those of the Delta transaction log protocol. Members that it defines and we have no use for are
/// not read and, since a commit is never rewritten, not lost either.
struct DeltaAction: Codable {
    var commitInfo: DeltaCommitInfo?
    var `protocol`: DeltaProtocol?
    var metaData: DeltaMetaData?
    var txn: DeltaTransaction?
    var remove: DeltaRemove?
    var add: DeltaAdd?
}

/// What a program must understand to read or write the table.
struct DeltaProtocol: Codable {
    var minReaderVersion: Int
    var minWriterVersion: Int

    /// What we understand and what we write.
    static let ours = DeltaProtocol(minReaderVersion: 1, minWriterVersion: 2)
}

/// The table's columns and properties.
struct DeltaMetaData: Codable {
    struct Format: Codable, Equatable {
        var provider: String
        var options: [String: String]
    }
    var id: String
    var name: String?
    var description: String?
    var format: Format
    /// The columns as JSON text; see ``DeltaSchema``.
    var schemaString: String
    var partitionColumns: [String]
    var configuration: [String: String]
    /// In milliseconds since 1970.
    var createdTime: Int64?
}

/// How far an application has written; the version only grows.
struct DeltaTransaction: Codable {
    var appId: String
    var version: Int64
    var lastUpdated: Int64?
}

/// A data file that is part of the table from this version on.
struct DeltaAdd: Codable {
    /// Relative to the table, percent-encoded.
    var path: String
    var partitionValues: [String: String?]
    var size: Int64
    /// In milliseconds since 1970.
    var modificationTime: Int64
    var dataChange: Bool
    /// JSON text; see ``DeltaStatistics``.
    var stats: String?
}

/// A data file that is no part of the table from this version on.
struct DeltaRemove: Codable {
    var path: String
    /// In milliseconds since 1970.
    var deletionTimestamp: Int64?
    var dataChange: Bool
    var extendedFileMetadata: Bool?
    var partitionValues: [String: String?]?
    var size: Int64?
}

/// Who made a version, when and how; free-form by the protocol, so another writer's is read as far as it is like ours.
struct DeltaCommitInfo: Codable {
    /// In milliseconds since 1970.
    var timestamp: Int64?
    var operation: String?
    var operationParameters: [String: String]?
    var operationMetrics: [String: String]?
    var readVersion: Int64?
    var isolationLevel: String?
    var isBlindAppend: Bool?
    var engineInfo: String?
    /// Tells this commit from every other.
    var txnId: String?
    /// The run that made the version.
    var millraceRun: String?
}

extension DeltaCommitInfo {
    private struct Parameters: Decodable { let mode: String? }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            timestamp: try? values.decode(Int64.self, forKey: .timestamp),
            operation: try? values.decode(String.self, forKey: .operation),
            operationParameters: (try? values.decode(Parameters.self, forKey: .operationParameters))?.mode.map {
                ["mode": $0]
            },
            engineInfo: try? values.decode(String.self, forKey: .engineInfo),
            txnId: try? values.decode(String.self, forKey: .txnId),
            millraceRun: try? values.decode(String.self, forKey: .millraceRun)
        )
    }
}
