/// Delivers datasets to a system outside the lake.
public protocol Sink: Sendable {
    /// Tries the connection and the right to write, without changing anything.
    func probe() async throws

    /// The run whose delivery readers see now; nil where there is none.
    func currentDelivery() async throws -> RunID?

    /// Begins one delivery. Nothing is visible to readers before ``SinkDelivery/commit()``.
    func begin(_ header: DeliveryHeader) async throws -> any SinkDelivery
}

/// What is told about a delivery as a whole.
public struct DeliveryHeader: Sendable, Hashable {
    /// The pipeline's name from the config.
    public let pipeline: String
    /// The run that delivers; what ``Sink/currentDelivery()`` tells from the commit on.
    public let run: RunID
    /// When that run began.
    public let startedAt: Timestamp
    /// The IANA name of the zone that days are counted in.
    public let timezone: String
    /// What is told about a delivery.
    public init(pipeline: String, run: RunID, startedAt: Timestamp, timezone: String) {
        self.pipeline = pipeline
        self.run = run
        self.startedAt = startedAt
        self.timezone = timezone
    }
}

/// One delivery under way: datasets are staged one after the other, then appear together; those that are in
/// neither ``stage(_:rows:)`` nor ``remove(_:)`` stay as they are.
public protocol SinkDelivery: Sendable {
    /// Stages a dataset; returns how many rows were stored, which must equal the rows in `rows`.
    func stage(_ definition: DatasetDefinition, rows: RowStream) async throws -> Int

    /// Takes a dataset away with the commit, if a delivery of the same pipeline made it; else nothing comes of it.
    func remove(_ dataset: DatasetName) async throws

    /// Makes all staged datasets visible and the removed ones go, durably; what was published before is seen until then.
    func commit() async throws

    /// Forgets what was staged; what was published before stays. Safe to call at any time, also twice.
    func abort() async
}
