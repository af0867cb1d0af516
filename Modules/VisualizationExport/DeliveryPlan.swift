public import PipelineCore

/// What a delivery will hand over: one version of each dataset, all taken before the first row is read.
public struct DeliveryPlan: Sendable {
    /// The export's name in the config.
    public let export: String
    /// In the order in which they are delivered.
    public let snapshots: [TableSnapshot]

    /// A plan over versions that were looked up already.
    public init(export: String, snapshots: [TableSnapshot]) {
        self.export = export
        self.snapshots = snapshots
    }

    /// The datasets whose version is not the one that `receipt` tells of, all of them without a receipt; and those that it
    /// tells of and the plan does not.
    ///
    /// Empty means that the export would deliver what is there already.
    public func news(since receipt: DeliveryReceipt?) -> [DatasetName] {
        snapshots.filter { receipt?.datasets[$0.definition.name.rawValue] != DeliveryReceipt.Delivered($0) }
            .map(\.definition.name) + gone(since: receipt)
    }

    /// The datasets that were delivered, and are no longer among those that the export delivers.
    func gone(since receipt: DeliveryReceipt?) -> [DatasetName] {
        let kept = Set(snapshots.map(\.definition.name.rawValue))
        return (receipt?.datasets.keys ?? [:].keys).filter { !kept.contains($0) }.sorted().map(
            DatasetName.init(rawValue:)
        )
    }

    /// What a delivery of this plan leaves behind once it has been committed.
    public var receipt: DeliveryReceipt {
        DeliveryReceipt(
            datasets: Dictionary(
                snapshots.map { ($0.definition.name.rawValue, DeliveryReceipt.Delivered($0)) },
                uniquingKeysWith: { _, last in last }
            )
        )
    }
}

/// What an export has delivered; kept by the runtime to tell whether there is anything new.
public struct DeliveryReceipt: Sendable, Hashable, Codable {
    /// One dataset of a delivery.
    public struct Delivered: Sendable, Hashable, Codable {
        /// The version of the lake's table.
        public let version: Int64
        /// When that version was made: a table that was dropped and made again counts its versions anew.
        public let committedAt: Timestamp
        /// How many rows were delivered.
        public let rows: Int64
    }
    /// By the dataset's name.
    public let datasets: [String: Delivered]
    /// The rows of all datasets together.
    public var rowCount: Int64 { datasets.values.reduce(0) { $0 + $1.rows } }
}

extension DeliveryReceipt.Delivered {
    init(_ snapshot: TableSnapshot) {
        self.init(version: snapshot.version, committedAt: snapshot.committedAt, rows: snapshot.rowCount)
    }
}
