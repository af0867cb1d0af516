internal import BlockingIO
public import PipelineCore
internal import WriteAheadLog

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

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
        let webClient = try await WebClient(coding: destination.coding)
        let metrics = CollectorMetrics(start: destination.clock())
        let landing = LogLanding(
            log,
            source: destination.source,
            rawZone: destination.rawZone,
            coding: destination.coding
        )
        let accessLog = options.logsRequests ? AccessLog.standard : nil
        // The log outlives the server, and landing outlives the log: each ends when what fills it has ended.
        let writing = Task { await log.run() }
        let tending = Task { await tend(log, landing, metrics, accessLog) }
        defer { tending.cancel() }
        var failure: (any Error)?
        do { try await server(log, destination, webClient, metrics, accessLog).run(onReady: onReady) } catch {
            failure = error
        }
        writing.cancel()
        await writing.value
        tending.cancel()
        await tending.value
        await landRest(landing)
        await accessLog?.finish()
        if let failure { throw failure }
    }

    private func server(
        _ log: WriteAheadLog,
        _ destination: ReceiverDestination,
        _ webClient: WebClient,
        _ metrics: CollectorMetrics,
        _ accessLog: AccessLog?
    ) throws -> ConnectionServer {
        let bodies = BodyBudget(size: options.bodyMemory)
        let connections = ConnectionLimit(options.connections)
        let responder = CollectorResponder(
            options: options,
            intake: EventIntake(options, log: log, bodies: bodies, metrics: metrics, clock: destination.clock),
            coding: destination.coding,
            webClient: webClient,
            bodies: bodies,
            metrics: metrics,
            accessLog: accessLog,
            clock: destination.clock
        ) {
            let failure = log.failure
            let gauges = CollectorMetrics.Gauges(
                logSize: log.size,
                logCapacity: options.log.capacity,
                isFailed: failure != nil,
                connections: connections.count,
                bodyBytes: bodies.bytes,
                droppedLines: accessLog?.dropped ?? 0
            )
            return (metrics.text(gauges), failure)
        }
        return ConnectionServer(
            options: options,
            inherited: try InheritedSocket.take(for: destination.source, in: ProcessInfo.processInfo.environment),
            connections: connections,
            respond: responder.respond
        ) {
            metrics.answered(400, source: nil, bytes: 0, after: .zero)
        }
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
        let landing = LogLanding(
            log,
            source: destination.source,
            rawZone: destination.rawZone,
            coding: destination.coding
        )
        return try await landing.land().events
    }

    /// Follows the log's files.
    public func tail(of source: String) -> ByteStream { LogTail(directory: logDirectory(source)) }

    /// Tries the certificate, and the address unless a collector of this source listens there already.
    public func probe(of source: String) async throws {
        let connections = ConnectionLimit(options.connections)
        let server = ConnectionServer(options: options, inherited: nil, connections: connections) { _, _ in
            throw CancellationError()
        }
        try await server.probe(listens: !isRunning(source))
    }

    /// Lands segments as they fill or grow old, and writes the access log, until cancelled.
    private func tend(
        _ log: WriteAheadLog,
        _ landing: LogLanding,
        _ metrics: CollectorMetrics,
        _ accessLog: AccessLog?
    ) async {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: min(.seconds(1), options.landingInterval))
                accessLog?.flush()
                await log.seal(olderThan: options.landingInterval)
                // Answers come before landing, for as long as the log has room.
                let hasRoom = log.size < options.log.capacity / 2
                let report = try await withTaskExecutorPreference(hasRoom ? BackgroundExecutor.shared : nil) {
                    try await landing.land()
                }
                metrics.landed(report.events, missing: report.missing)
            } catch is CancellationError {
            } catch {
                metrics.landingFailed()  // The log keeps what could not land; the next turn tries again.
            }
        }
    }

    private func logDirectory(_ source: String) -> String { "\(directory)/\(source)" }

    /// Makes nothing where there is nothing yet: whoever asks may not be who is going to serve.
    private func isRunning(_ source: String) -> Bool {
        let path = "\(logDirectory(source)).lock"
        guard FileManager.default.fileExists(atPath: path) else { return false }
        // A lock that cannot be tried says nothing.
        guard let lock = try? FileLock(path) else { return true }
        defer { withExtendedLifetime(lock) {} }
        return false
    }

    private func lock(_ source: String) throws -> FileLock? {
        do {
            try SystemFiles().makeDirectories(directory)
            return try FileLock("\(logDirectory(source)).lock")
        } catch let error as FileError {
            throw PipelineError(
                .unauthorized,
                "\(error.call) failed on \(error.path)",
                while: "opening the collector's log",
                hint:
                    "make \(directory) writable for the user that runs millrace, or set `state:` to a directory that is",
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
            return { context in
                var options = options
                options.certificate = options.certificate?.resolved(in: context)
                return HTTPCollector(options: options, directory: context.stateDirectory + "/collector")
            }
        }
    }
}
