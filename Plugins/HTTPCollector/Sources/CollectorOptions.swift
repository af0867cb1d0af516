internal import PipelineCore
internal import WriteAheadLog

/// What the config says of a collector.
struct CollectorOptions: Sendable {
    /// What is kept of a sender's address.
    enum AddressPolicy: String, Sendable, CaseIterable {
        case keep
        /// The last octet of IPv4, the last 80 bits of IPv6 become zero.
        case truncate
        case drop
    }

    var host = "127.0.0.1"
    var port = 8080
    var writeKeys = WriteKeys([])
    var addresses = AddressPolicy.keep
    /// The origins that pages may send from; nil: any.
    var origins: Set<String>?
    var limits = MessageLimits()
    /// Nil: plain HTTP.
    var certificate: Certificate?
    /// The addresses of proxies that tell the truth about whom they were called by.
    var proxies: Set<String> = []
    /// The addresses that may read metrics.
    var metricsReaders: Set = ["127.0.0.1", "::1"]
    /// How many events a second each key may send; nil: any number.
    var eventsPerSecond: Int?
    /// Whether each request makes a line on standard output.
    var logsRequests = false
    /// How many connections are open at most.
    var connections = 10_000
    /// How long a connection may send nothing.
    var idleTimeout = Duration.seconds(60)
    /// How long a body may take.
    var bodyTimeout = Duration.seconds(60)
    /// How old a segment becomes before its events land.
    var landingInterval = Duration.seconds(60)
    /// How long landing may take after the server has stopped.
    var stopLimit = Duration.seconds(20)
    var log = WriteAheadLog.Options()

    /// A collector that nobody may send to.
    init() {}

    /// Reads the keys of `use: http`.
    init(_ block: ConfigurationBlock) {
        readSenders(block)
        readProtection(block)
        readLog(block)
    }

    private mutating func readSenders(_ block: ConfigurationBlock) {
        let listen = ConfigurationType<String>.text(example: "127.0.0.1:8080").mapped(
            placeholder: (host, port),
            expected: "HOST:PORT"
        ) { Self.address($0) }
        (host, port) = block.value(
            "listen",
            listen,
            default: (host, port),
            "The address to listen on; default 127.0.0.1:8080."
        )
        let keys = block.require(
            "write_keys",
            .map(.secret),
            "Who may send: name <- key; the name becomes the source of the events."
        )
        writeKeys = WriteKeys(keys.map { ($0.key, $0.value) })
        addresses = block.value(
            "ip",
            .choice(AddressPolicy.keep),
            default: .keep,
            "What is kept of senders' addresses: keep, truncate or drop; default keep."
        )
        origins = block.optional(
            "origins",
            .list(.text(example: "https://shop.example")),
            "The web origins that may send; default any."
        ).map(Set.init)
        let tls = ConfigurationType<Certificate>.object(example: "{ certificate: tls/chain.pem, key: tls/key.pem }") {
            Certificate(
                chain: $0.require("certificate", .text(example: "tls/chain.pem"), "The certificate chain, PEM."),
                key: $0.require("key", .text(example: "tls/key.pem"), "Its private key, PEM.")
            )
        }
        certificate = block.optional("tls", tls, "Certificate and key for HTTPS; default plain HTTP.")
        proxies = Set(
            block.value(
                "trusted_proxies",
                .list(.text(example: "127.0.0.1")),
                default: [],
                "Addresses of proxies whose X-Forwarded-For is believed; default none."
            )
        )
    }

    private mutating func readProtection(_ block: ConfigurationBlock) {
        limits.bodySize = Int(
            block.value(
                "body",
                .bytes(example: "4MiB", from: "1KiB"),
                default: Int64(limits.bodySize),
                "The largest request, decompressed; default 4MiB."
            )
        )
        if limits.bodySize > 64 << 20 {
            limits.bodySize = 64 << 20
            block.reject(key: "body", "bodies this large take too much memory", hint: "at most 64MiB")
        }
        eventsPerSecond = block.optional(
            "rate_limit",
            .integer(in: 1...100_000_000, example: 5000),
            "How many events a second each key may send; default any number."
        )
        connections = block.value(
            "connections",
            .integer(in: 1...1_000_000, example: 10_000),
            default: connections,
            "How many connections are open at most; default 10000."
        )
        idleTimeout = block.value(
            "idle_timeout",
            .duration(example: "60s", from: "1s"),
            default: idleTimeout,
            "How long a connection may be silent; default 60s."
        )
        bodyTimeout = block.value(
            "body_timeout",
            .duration(example: "60s", from: "1s"),
            default: bodyTimeout,
            "How long a request's body may take; default 60s."
        )
        metricsReaders = Set(
            block.value(
                "metrics_from",
                .list(.text(example: "10.0.0.7")),
                default: metricsReaders.sorted(),
                "Addresses that may read /metrics; default this machine's own."
            )
        )
        logsRequests = block.value(
            "access_log",
            .boolean,
            default: false,
            "Whether each request makes a line of JSON on standard output, without personal data; default false."
        )
    }

    private mutating func readLog(_ block: ConfigurationBlock) {
        landingInterval = block.value(
            "land_every",
            .duration(example: "60s", from: "100ms"),
            default: landingInterval,
            "How long events wait before they land in the lake; default 60s."
        )
        log.segmentSize = block.value(
            "segment",
            .bytes(example: "64MiB", from: "4KiB"),
            default: log.segmentSize,
            "So many bytes land without waiting; default 64MiB."
        )
        log.capacity = block.value(
            "log",
            .bytes(example: "8GiB", from: "1MiB"),
            default: log.capacity,
            "How many bytes may wait to land; default 8GiB."
        )
        stopLimit = block.value(
            "stop_within",
            .duration(example: "20s"),
            default: stopLimit,
            "How long requests and landing may take after the end was asked for; default 20s."
        )
    }

    /// `host:port`, `[::1]:port` or `:port`.
    static func address(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return (host.isEmpty ? "0.0.0.0" : String(host), Int(port))
    }
}
