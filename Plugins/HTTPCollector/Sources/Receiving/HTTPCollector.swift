internal import BlockingIO
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
public import PipelineCore
internal import WriteAheadLog

/// Receives events by HTTP, as Segment's and RudderStack's libraries send them.
///
/// A request is answered by 200 when its events are on stable storage in the log below the state directory.
public struct HTTPCollector: EventReceiver {
    let options: CollectorOptions
    let directory: String

    /// Serves until cancelled; what was acknowledged by then has landed on return, or is in the log.
    public func serve(
        into destination: ReceiverDestination,
        onReady: @escaping @Sendable (_ address: String) async -> Void
    ) async throws {
        guard let lock = try lock(destination.source) else {
            throw PipelineError(
                .conflict,
                "another process collects for '\(destination.source)' already",
                while: "starting the collector",
                hint: "stop it first"
            )
        }
        defer { withExtendedLifetime(lock) {} }
        let log = try await open(destination)
        let landing = LogLanding(log, source: destination.source, rawZone: destination.rawZone, coding: destination.coding)
        // The log outlives the server, and landing outlives the log: each ends when what fills it has ended.
        let writing = Task { await log.run() }
        defer { writing.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await serve(log, destination, onReady) }
            group.addTask { await land(landing, log) }
            do { try await group.next() } catch is CancellationError {}
            group.cancelAll()
        }
        writing.cancel()
        await writing.value
        await landRest(landing)
    }

    /// Lands what is left while there is time: the rest is in the log, and lands with the next start.
    private func landRest(_ landing: LogLanding) async {
        // The task of `serve` has been cancelled, so that this needs one of its own.
        let rest = Task { _ = try await landing.land() }
        let limit = Task {
            try await Task.sleep(for: options.stopLimit)
            rest.cancel()
        }
        _ = await rest.result
        limit.cancel()
    }

    /// Lands what the log of a stopped collector holds.
    public func drain(into destination: ReceiverDestination) async throws -> Int64? {
        guard let lock = try lock(destination.source) else { return nil }
        defer { withExtendedLifetime(lock) {} }
        let log = try await open(destination)
        let landing = LogLanding(log, source: destination.source, rawZone: destination.rawZone, coding: destination.coding)
        return try await landing.land().events
    }

    private func serve(
        _ log: WriteAheadLog,
        _ destination: ReceiverDestination,
        _ onReady: @escaping @Sendable (String) async -> Void
    ) async throws {
        var logger = Logger(label: "millrace.collector")
        logger.logLevel = .error
        let responder = CollectorResponder(
            options: options,
            intake: EventIntake(options, log: log, clock: destination.clock),
            coding: destination.coding,
            webClient: try await WebClient(coding: destination.coding),
            failure: { log.failure }
        )
        let connections = HTTP1Channel.Configuration(
            idleTimeout: .seconds(Int64(options.idleTimeout.components.seconds)),
            httpDecoderConfiguration: .init(maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)
        )
        let application = Application(
            responder: responder,
            server: .http1(configuration: connections),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port),
                backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(options.connections)
            ),
            onServerRunning: { channel in
                let address = channel.localAddress.map { "\($0.ipAddress ?? options.host):\($0.port ?? options.port)" }
                await onReady(address ?? "\(options.host):\(options.port)")
            },
            logger: logger
        )
        try await application.run()
    }

    /// Lands segments as they fill or grow old.
    private func land(_ landing: LogLanding, _ log: WriteAheadLog) async {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: min(.seconds(1), options.landingInterval))
                await log.seal(olderThan: options.landingInterval)
                _ = try await landing.land()
            } catch {}  // The log keeps what could not land; the next turn tries again.
        }
    }

    private func logDirectory(_ source: String) -> String { "\(directory)/\(source)" }

    private func lock(_ source: String) throws -> FileLock? {
        do {
            try SystemFiles().makeDirectories(directory)
            return try FileLock("\(logDirectory(source)).lock")
        } catch let error as FileError {
            throw PipelineError(
                .unauthorized,
                "\(error.call) failed on \(error.path)",
                while: "opening the collector's log",
                hint: "make \(directory) writable for the user that runs millrace, or set `state:` to a directory that is",
                cause: error
            )
        }
    }

    private func open(_ destination: ReceiverDestination) async throws -> WriteAheadLog {
        try await WriteAheadLog(
            directory: logDirectory(destination.source),
            options: options.log,
            clock: destination.clock
        )
    }
}

extension Connector where Part == any EventReceiver {
    /// `use: http`.
    public static var http: Connector {
        Connector(name: "http", summary: "Events that apps, web pages and back ends send by HTTP.") { block in
            let options = CollectorOptions(block)
            return { context in HTTPCollector(options: options, directory: context.stateDirectory + "/collector") }
        }
    }
}
