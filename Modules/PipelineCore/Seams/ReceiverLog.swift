/// What a receiver keeps on this machine of one source's events.
public struct ReceiverLog: Sendable, Equatable {
    /// The source that it received for.
    public let source: String
    /// Where it keeps them.
    public let directory: String
    /// How many events were acknowledged and have not landed.
    public let events: Int64
    /// Whether a process uses the log at the moment, which then lands what it holds.
    public let isInUse: Bool
    /// The names of files that cannot be read, or not all of them, and were put aside.
    public let damagedFiles: [String]
    /// What the lake has to know of; nil where nothing is known to have landed.
    public let landed: LandingMark?
    /// A log by its parts.
    public init(
        source: String,
        directory: String,
        events: Int64,
        isInUse: Bool,
        damagedFiles: [String],
        landed: LandingMark?
    ) {
        self.source = source
        self.directory = directory
        self.events = events
        self.isInUse = isInUse
        self.damagedFiles = damagedFiles
        self.landed = landed
    }

    /// Finds the logs of all receivers below a state directory, also of those that no config names any more, by source;
    /// changes nothing.
    public typealias Search = @Sendable (_ stateDirectory: String) async throws -> [ReceiverLog]
}
