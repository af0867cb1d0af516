/// A source that others send events to.
///
/// It keeps what it has acknowledged in a log of its own until that has landed in the raw zone as lines of JSON, from
/// where ingestion takes it like any other landing.
public protocol EventReceiver: Sendable {
    /// Receives until the task is cancelled; then takes nothing new, lands what it has, and returns.
    ///
    /// `onReady` is told the address once others can connect, and nothing is taken before it returns. Throws `conflict` where another process receives for the
    /// same source on this machine, and ends with an error once it can acknowledge nothing any more.
    func serve(into destination: ReceiverDestination, onReady: @escaping @Sendable (_ address: String) async -> Void)
        async throws

    /// Lands what a receiver that was stopped or killed has acknowledged; returns how many events.
    ///
    /// Nil where one is running on this machine: it lands them itself.
    func drain(into destination: ReceiverDestination) async throws -> Int64?

    /// The events that the source's receiver on this machine acknowledges from now on, as lines of JSON, whichever process
    /// it runs in; ends only by cancellation.
    func tail(of source: String) -> ByteStream

    /// Whether a process on this machine receives for the source at the moment.
    func isRunning(for source: String) -> Bool

    /// Tries whether it could receive for the source, without receiving anything.
    func probe(of source: String) async throws
}

/// Where the events of a receiver go.
public struct ReceiverDestination: Sendable {
    /// The source's name in the config.
    public let source: String
    /// Where they land.
    public let rawZone: any RawZone
    /// What their objects are compressed by.
    public let coding: any ContentCoding
    /// The machine's time.
    public let clock: @Sendable () -> Timestamp
    /// Told, in one line each, what whoever looks after the receiver has to know: events that are lost, refused or do not
    /// land, and that all is well again.
    public let tell: @Sendable (_ remark: String) -> Void
    /// A destination by its parts.
    public init(
        source: String,
        rawZone: any RawZone,
        coding: any ContentCoding,
        clock: @escaping @Sendable () -> Timestamp,
        tell: @escaping @Sendable (_ remark: String) -> Void = { _ in }
    ) {
        self.source = source
        self.rawZone = rawZone
        self.coding = coding
        self.clock = clock
        self.tell = tell
    }
}
