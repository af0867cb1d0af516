extension Millrace {
    /// How messages are gathered, kept and sent.
    public struct Options: Sendable {
        /// How long messages wait for a batch to fill while ``Millrace/run()`` runs.
        public var flushInterval = Duration.seconds(5)
        /// How many messages a batch has at most.
        public var batchCount = 100
        /// How long a request is at most, in bytes.
        public var batchSize = 500_000
        /// How long a message is at most, in bytes; servers of this protocol refuse more than 32 KiB.
        public var messageSize = 32 << 10
        /// How many bytes may wait on disk; beyond them the oldest batches are dropped, and counted.
        public var queueSize = 64_000_000
        /// Whether every message is on stable storage before the call returns, which costs a write to the disk each.
        ///
        /// Without it a message outlives the process at once, and the machine's power as soon as a request has
        /// failed: what has to wait is synced.
        public var syncsEveryMessage = false
        /// How long an answer may take.
        public var timeout = Duration.seconds(30)
        /// What the `context` of every message holds besides `library`.
        public var context: [String: JSONValue] = [:]
        /// Hears of everything that is lost or delayed; called on any thread, and must not wait.
        public var onFailure: @Sendable (MillraceFailure) -> Void = { _ in }

        var backoff = Backoff()

        /// The defaults.
        public init() {}

        func check() throws(MillraceFailure) {
            guard batchCount > 0, messageSize > 0, flushInterval > .zero, timeout > .zero else {
                throw .unusable("options must be greater than zero")
            }
            guard batchSize >= messageSize + BatchRequest.envelopeSize, queueSize >= 2 * batchSize else {
                throw .unusable("a batch must have room for a message, and the queue for two batches")
            }
        }
    }

    /// How many messages there were since the start of the process.
    public struct Counts: Sendable, Equatable {
        /// Taken into the queue.
        public var tracked = 0
        /// Taken by the server; what an earlier process left is among them.
        public var sent = 0
        /// Dropped since the queue was full.
        public var dropped = 0
        /// Dropped since the server does not understand them.
        public var refused = 0
        /// Not taken: too long, no JSON, or the disk failed.
        public var failed = 0
    }
}
