internal import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
internal import NIOExtras
internal import NIOPosix
internal import NIOSSL
internal import PipelineCore
internal import SystemPackage

/// Accepts connections and has their requests answered.
struct ConnectionServer: Sendable {
    /// Answers a request; must not throw for what the sender did.
    typealias Responder = @Sendable (Request, any Channel) async throws -> Response

    let options: CollectorOptions
    /// A socket that whoever started the program listens on already; nil: one is opened at the configured address.
    let inherited: CInt?
    /// The connections of this collector.
    let connections: ConnectionLimit
    /// What their requests take.
    let budget: RequestBudget
    let respond: Responder
    /// Is told of requests that are refused before anybody could look at them.
    var onMalformed: @Sendable () -> Void = {}

    /// Serves until cancelled; then requests that have begun are answered, within half of the stop limit.
    ///
    /// `onReady` is told the address once others can connect; nobody is answered before it returns, or at all where the
    /// task has been cancelled by then. Throws where the address cannot be listened on and where the
    /// certificate cannot be used.
    func run(onReady: @escaping @Sendable (_ address: String) async -> Void) async throws {
        let child = CollectorChannel(
            responder: { [respond] request, writer, channel in
                let response = try await respond(request, channel)
                try await writer.write(response: response.head, body: response.body)
            },
            idleTimeout: options.idleTimeout,
            budget: budget,
            onMalformed: onMalformed
        )
        if let certificate = options.certificate {
            try await run(TLSChannel(child, tlsConfiguration: certificate.configuration()), onReady)
        } else {
            try await run(child, onReady)
        }
    }

    /// Tries whether the certificate can be used and, if wanted, the address be listened on; listens for a moment.
    func probe(listens: Bool) async throws {
        _ = try options.certificate?.configuration()
        guard listens else { return }
        do {
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            try await bootstrap.bind(host: options.host, port: options.port).get().close()
        } catch {
            throw failure(error)
        }
    }

    private func run<Child: ServerChildChannel>(
        _ child: Child,
        _ onReady: @escaping @Sendable (String) async -> Void
    ) async throws {
        let most = ConnectionLimit.process.capacity
        if options.connections > most { DescriptorLimit.warn(of: most, insteadOf: options.connections) }
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        let listener = try await listen(child, group, quiescing)
        await onReady(Self.text(of: listener.channel.localAddress))
        let isWanted = !Task.isCancelled
        // Cancellation must not reach the connections at once: requests that have begun are still to be answered.
        let serving = Task { try await serve(listener, child, isWanted) }
        try await withTaskCancellationHandler {
            try await serving.value
        } onCancel: {
            quiescing.initiateShutdown(promise: nil)
            Task {
                // What they brought has to land in the rest of the time.
                try await Task.sleep(for: options.stopLimit / 2)
                serving.cancel()
            }
        }
    }

    private func listen<Child: ServerChildChannel>(
        _ child: Child,
        _ group: MultiThreadedEventLoopGroup,
        _ quiescing: ServerQuiescingHelper
    ) async throws -> NIOAsyncChannel<Child.Value, Never> {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: ReceiveBuffers())
            // Who does not read an answer gets no other one.
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 1, high: 4096))
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        quiescing.makeServerChannelHandler(channel: channel)
                    )
                }
            }
        // So few that the kernel's queue, and not ours, holds those that wait while all connections are taken.
        let pressure = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(
            lowWatermark: 1,
            highWatermark: 8
        )
        let setup: @Sendable (any Channel) -> EventLoopFuture<Child.Value> = { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(HardClose()) }
                .flatMap { child.setup(channel: channel, logger: Self.logger) }
        }
        do {
            if let inherited {
                return try await bootstrap.bind(
                    inherited,
                    serverBackPressureStrategy: pressure,
                    childChannelInitializer: setup
                )
            }
            return try await bootstrap.bind(
                host: options.host,
                port: options.port,
                serverBackPressureStrategy: pressure,
                childChannelInitializer: setup
            )
        } catch {
            throw failure(error)
        }
    }

    private func serve<Child: ServerChildChannel>(
        _ listener: NIOAsyncChannel<Child.Value, Never>,
        _ child: Child,
        _ isWanted: Bool
    ) async throws {
        try await listener.executeThenClose { inbound in
            await withDiscardingTaskGroup { group in
                var executors: [ObjectIdentifier: EventLoopExecutor] = [:]
                do {
                    for try await value in inbound {
                        if !isWanted { value.channel.close(promise: nil) }
                        await connections.enter()
                        await ConnectionLimit.process.enter()
                        let eventLoop = value.channel.eventLoop
                        let executor = executors[ObjectIdentifier(eventLoop)] ?? EventLoopExecutor(eventLoop)
                        executors[ObjectIdentifier(eventLoop)] = executor
                        group.addTask(executorPreference: executor) {
                            await withTaskCancellationHandler {
                                await child.handle(value: value, logger: Self.logger)
                            } onCancel: {
                                value.channel.triggerUserOutboundEvent(HardClose.Order(), promise: nil)
                            }
                            ConnectionLimit.process.leave()
                            connections.leave()
                        }
                    }
                } catch {}  // The listening socket is closed: there are no more connections to come.
            }
        }
    }

    private func failure(_ error: any Error) -> PipelineError {
        if let inherited { return Self.failure(error, of: inherited) }
        let address = "\(options.host):\(options.port)"
        let code = (error as? IOError)?.errnoCode
        let hint =
            switch code {
            case EADDRINUSE: "another program listens there: stop it, or set `listen:` to another port"
            case EACCES:
                "ports below 1024 need a privilege: take a higher one, or let the service manager open the socket"
            default: "set `listen:` to an address of this machine"
            }
        return PipelineError(
            .invalidConfiguration,
            "\(address) cannot be listened on: \(code.map { "\(Errno(rawValue: $0))" } ?? "\(error)")",
            while: "starting the collector",
            hint: hint,
            cause: error
        )
    }

    private static func failure(_ error: any Error, of descriptor: CInt) -> PipelineError {
        PipelineError(
            .invalidConfiguration,
            "the service manager's descriptor \(descriptor) cannot be listened on: \(error)",
            while: "starting the collector",
            hint: "open it by a socket unit with `ListenStream=` and without `Accept=yes`",
            cause: error
        )
    }

    /// As one writes it in an address bar.
    private static func text(of address: SocketAddress?) -> String {
        guard let address, let ip = address.ipAddress, let port = address.port else { return "a socket" }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }

    /// Silent: what it would tell of connections is for nobody, and may hold what people sent.
    private static let logger = Logger(label: "millrace.collector") { _ in SwiftLogNoOpLogHandler() }
}
