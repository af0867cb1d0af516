internal import PipelineCore
internal import Synchronization

extension Pipeline {
    /// Receives events for every source that others send to, until cancelled; then lands what it has and returns.
    ///
    /// Nothing is taken before all of them can. `onReady` is told then of each source, and `onRemark` what who looks after it has to know, in one line
    /// each. The first receiver that cannot go on ends all of them. Runs may go on meanwhile, in this process or in others.
    public func serve(
        onReady: @escaping @Sendable (_ source: String, _ address: String) async -> Void,
        onRemark: @escaping @Sendable (_ remark: String) -> Void
    ) async throws {
        let receivers = try receivers(while: "starting to serve")
        try await checkLake(against: RunHistory(reading: stateDirectory))
        for warning in await warnings() { onRemark(warning) }
        let start = StartingLine(of: receivers.count)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (name, receiver) in receivers {
                let destination = try destination(of: name) { onRemark("\(name): \($0)") }
                group.addTask {
                    try await receiver.serve(into: destination) { address in
                        await start.wait()
                        if !Task.isCancelled { await onReady(name, address) }
                    }
                }
            }
            // `waitForAll` would wait for the others before it throws what the first has thrown.
            while try await group.next() != nil {}
        }
    }

    /// The events of every source that others send to, from now on, as chunks of lines of JSON, until cancelled.
    public func tail(onLines: @escaping @Sendable ([UInt8]) throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (name, receiver) in try receivers(while: "following events") {
                group.addTask {
                    for try await lines in receiver.tail(of: name) { try onLines(lines) }
                }
            }
            while try await group.next() != nil {}
        }
    }

    /// Lands what a receiver that does not run any more has acknowledged; nothing where one runs.
    ///
    /// What there is to be said of it is added to `remarks`, also where it throws.
    func drain(_ source: PipelineSource, _ remarks: inout [String]) async throws {
        guard let receiver = source.receiver else { return }
        let lines = Lines()
        defer { remarks += lines.all.withLock { $0 } }
        _ = try await receiver.drain(
            into: destination(of: source.name) { line in
                lines.all.withLock { $0.append("\(source.name): \(line)") }
            }
        )
    }

    /// The names of the sources that others send to.
    public var receiverNames: [String] { sources.filter { $0.receiver != nil }.map(\.name) }

    /// Whether any process on this machine receives for one of the sources at the moment.
    public var isServed: Bool { sources.contains { $0.receiver?.isRunning(for: $0.name) ?? false } }

    private func receivers(while operation: String) throws -> [(name: String, receiver: any EventReceiver)] {
        let receivers = sources.compactMap { source in source.receiver.map { (source.name, $0) } }
        guard receivers.isEmpty else { return receivers }
        throw PipelineError(
            .invalidConfiguration,
            "the config has no source that others send to",
            while: operation,
            hint: "add one: `sources: { web: { use: http, write_keys: { web: ${WEB_KEY} } } }`"
        )
    }

    private func destination(
        of source: String,
        tell: @escaping @Sendable (String) -> Void
    ) throws -> ReceiverDestination {
        guard let coding = codings.first else {
            throw PipelineError(.internalError, "no compression is built in", while: "starting to serve")
        }
        return ReceiverDestination(
            source: source,
            rawZone: rawZone,
            coding: coding,
            // A clock that is set back must not stop here: what arrives is told by it, and how old a segment is.
            clock: { UniqueClock.unadjusted() },
            tell: tell
        )
    }
}

/// Lets those who begin together go on when the last of them is there.
private final class StartingLine: Sendable {
    private let count: Int
    private let waiting = Mutex<[AsyncStream<Void>.Continuation]>([])

    init(of count: Int) { self.count = count }

    /// Returns when all have called it, or the task is cancelled.
    func wait() async {
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        waiting.withLock { waiting in
            waiting.append(opening)
            if waiting.count == count { for gate in waiting { gate.finish() } }
        }
        for await _ in gate {}
    }
}

/// What a receiver has told so far.
private final class Lines: Sendable { let all = Mutex<[String]>([]) }
