internal import PipelineCore

extension Pipeline {
    /// Receives events for every source that others send to, until cancelled; then lands what it has and returns.
    ///
    /// `onReady` is told of each source once others can connect. The first receiver that cannot go on ends all of them.
    /// Runs may go on meanwhile, in this process or in others.
    public func serve(onReady: @escaping @Sendable (_ source: String, _ address: String) async -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (name, receiver) in try receivers(while: "starting to serve") {
                let destination = try destination(of: name)
                group.addTask {
                    try await receiver.serve(into: destination) { await onReady(name, $0) }
                }
            }
            try await group.waitForAll()
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
            try await group.waitForAll()
        }
    }

    /// Lands what a receiver that does not run any more has acknowledged; nil where one runs.
    func drain(_ source: PipelineSource) async throws -> Int64? {
        guard let receiver = source.receiver else { return nil }
        return try await receiver.drain(into: destination(of: source.name))
    }

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

    private func destination(of source: String) throws -> ReceiverDestination {
        guard let coding = codings.first else {
            throw PipelineError(.internalError, "no compression is built in", while: "starting to serve")
        }
        return ReceiverDestination(source: source, rawZone: rawZone, coding: coding) { [clock] in clock.now() }
    }
}
