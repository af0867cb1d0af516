internal import BlockingIO
internal import Glibc
public import PipelineCore
internal import Synchronization
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
    ///
    /// Throws once a sync has failed: the log has to be opened again to know what it holds.
    public func serve(
        into destination: ReceiverDestination,
        onReady: @escaping @Sendable (_ address: String) async -> Void
    ) async throws {
        let serving = try lockServing(destination.source)
        defer { withExtendedLifetime(serving) {} }
        guard let lock = try await waitForLog(destination) else { return }
        defer { withExtendedLifetime(lock) {} }
        let log = try await open(destination)
        for file in log.recovery.damagedFiles {
            destination.tell("\(file) of the log was put aside: the disk has damaged it, or a part")
        }
        let landing = landing(of: log, into: destination)
        try await landing.check()
        let webClient = try await WebClient(coding: destination.coding)
        let metrics = CollectorMetrics(start: destination.clock())
        metrics.landed(0, missing: log.recovery.missing)
        let tender = LogTender(
            options: options,
            log: log,
            landing: landing,
            watch: LogWatch(log, tell: destination.tell),
            metrics: metrics,
            accessLog: options.logsRequests ? AccessLog.standard : nil
        )
        let server = try server(tender, destination, webClient)
        let end = Deadline(within: options.stopLimit)
        // The log outlives the server, and landing outlives the log: each ends when what fills it has ended.
        let answering = Task { try await server.run(onReady: onReady) }
        let writing = Task {
            await log.run()
            // Unless the end was asked for, a sync has failed.
            end.begin()
            answering.cancel()
        }
        let tending = Task { await tender.run() }
        let result = await withTaskCancellationHandler {
            await answering.result
        } onCancel: {
            end.begin()
            answering.cancel()
        }
        writing.cancel()
        await writing.value
        tending.cancel()
        await tending.value
        await tender.landRest(until: end.begin())
        await tender.accessLog?.finish()
        if let failure = log.failure { throw failure }
        try result.get()
    }

    private func server(
        _ tender: LogTender,
        _ destination: ReceiverDestination,
        _ webClient: WebClient
    ) throws -> ConnectionServer {
        let (log, metrics, accessLog) = (tender.log, tender.metrics, tender.accessLog)
        let budget = RequestBudget(size: options.requestMemory)
        let connections = ConnectionLimit(options.connections)
        let responder = CollectorResponder(
            options: options,
            intake: EventIntake(options, log: log, budget: budget, metrics: metrics, clock: destination.clock),
            bodies: BodyReader(options: options, coding: destination.coding, budget: budget),
            webClient: webClient,
            metrics: metrics,
            accessLog: tender.accessLog,
            clock: destination.clock
        ) { [watch = tender.watch, capacity = options.log.capacity] in
            let gauges = CollectorMetrics.Gauges(
                logSize: log.size,
                logCapacity: capacity,
                isFailed: log.failure != nil,
                connections: connections.count,
                bodyBytes: budget.bytes,
                revoked: budget.revoked,
                droppedLines: accessLog?.dropped ?? 0
            )
            return (metrics.text(gauges), watch.failure)
        }
        return ConnectionServer(
            options: options,
            inherited: try InheritedSocket.take(for: destination.source, in: ProcessInfo.processInfo.environment),
            connections: connections,
            budget: budget,
            respond: responder.respond,
            onMalformed: responder.refusedMalformed
        )
    }

    /// Throws where the service manager has opened a socket that none of these sources takes.
    public static func checkSockets(of sources: [String]) throws {
        try InheritedSocket.check(sources, in: ProcessInfo.processInfo.environment)
    }

    private func landing(of log: WriteAheadLog, into destination: ReceiverDestination) -> LogLanding {
        LogLanding(
            log,
            source: destination.source,
            rawZone: destination.rawZone,
            coding: destination.coding
        )
    }

    /// Lands what the log of a stopped collector holds.
    public func drain(into destination: ReceiverDestination) async throws -> Int64? {
        guard let lock = try lock(lockFile(destination.source)) else { return nil }
        defer { withExtendedLifetime(lock) {} }
        let log = try await open(destination)
        let watch = LogWatch(log, tell: destination.tell)
        return try await landing(of: log, into: destination).land(onLanded: watch.landed).events
    }

    /// Follows the log's files.
    public func tail(of source: String) -> ByteStream { LogTail(directory: logDirectory(source)) }

    /// Tries the certificate, and the address unless a collector of this source listens there already.
    public func probe(of source: String) async throws {
        let connections = ConnectionLimit(options.connections)
        let budget = RequestBudget(size: options.requestMemory)
        let server = ConnectionServer(options: options, inherited: nil, connections: connections, budget: budget) {
            _,
            _ in throw CancellationError()
        }
        try await server.probe(listens: !isRunning(for: source))
    }

    /// Whether any process serves for the source.
    public func isRunning(for source: String) -> Bool { FileLock.isHeld("\(logDirectory(source)).serving.lock") }

    // MARK: Locks

    private func logDirectory(_ source: String) -> String { Self.logDirectory(source, in: directory) }

    private func lockFile(_ source: String) -> String { Self.lockFile(source, in: directory) }

    /// One process collects for a source.
    private func lockServing(_ source: String) throws -> FileLock {
        if let lock = try lock("\(logDirectory(source)).serving.lock") { return lock }
        throw PipelineError(
            .conflict,
            "another process collects for '\(source)' already",
            while: "starting the collector",
            hint: "stop it first"
        )
    }

    /// The lock of the log, which a run holds while it lands what is left there; nil if cancelled before it is to be had.
    private func waitForLog(_ destination: ReceiverDestination) async throws -> FileLock? {
        var isTold = false
        while !Task.isCancelled {
            if let lock = try lock(lockFile(destination.source)) { return lock }
            if !isTold { destination.tell("waiting for another process that lands what the log holds") }
            isTold = true
            try? await Task.sleep(for: .milliseconds(100))  // Cancelled: the loop ends.
        }
        return nil
    }

    private func lock(_ path: String) throws -> FileLock? {
        do {
            // What is below is for this user alone; what is above may be others' too.
            try SystemFiles().makeDirectories(
                String(directory[..<(directory.lastIndex(of: "/") ?? directory.endIndex)])
            )
            do { try SystemFiles(isPrivate: true).makeDirectory(directory) } catch let error as FileError
                where error.number == EEXIST
            {}  // As it should be.
            return try FileLock(path)
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
                return HTTPCollector(options: options, directory: HTTPCollector.directory(in: context.stateDirectory))
            }
        }
    }
}

/// The moment by which all has to have ended, counted from when the end was first asked for.
private final class Deadline: Sendable {
    private let limit: Duration
    private let moment = Mutex<ContinuousClock.Instant?>(nil)

    init(within limit: Duration) { self.limit = limit }

    /// The end is asked for; returns the moment, whoever asked first.
    @discardableResult
    func begin() -> ContinuousClock.Instant {
        moment.withLock { moment in
            let end = moment ?? .now + limit
            moment = end
            return end
        }
    }
}
