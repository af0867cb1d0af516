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
    var proxies: [IPNetwork] = []
    /// The addresses that may read metrics.
    var metricsReaders = ["127.0.0.1", "::1"].compactMap(IPNetwork.init)
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
    /// How many bytes requests take together at most: room for a few of the longest in any case.
    var requestMemory = 64 << 20

    /// A collector that nobody may send to.
    init() {}

    /// Reads the keys of `use: http`.
    init(_ block: ConfigurationBlock) {
        readSenders(block)
        readProtection(block)
        readLog(block)
    }

    private mutating func readSenders(_ block: ConfigurationBlock) {
        let before = block.issues.count
        (host, port) = block.value(
            "listen",
            Self.listen,
            default: (host, port),
            "The address to listen on; default 127.0.0.1:8080."
        )
        if port != 0, block.issues.count == before {
            let isAny = ["0.0.0.0", "::"].contains(host)
            block.claim("port \(port)", part: isAny ? nil : host, key: "listen")
        }
        writeKeys = WriteKeys(block)
        addresses = block.value(
            "ip",
            .choice(AddressPolicy.keep),
            default: .keep,
            "What is kept of senders' addresses: keep, truncate or drop; default keep."
        )
        origins = block.optional(
            "origins",
            .list(.webOrigin),
            "The web origins that may send; default any."
        ).flatMap { $0.contains("*") ? nil : Set($0) }
        let tls = ConfigurationType<Certificate>.object(example: "{ certificate: tls/chain.pem, key: tls/key.pem }") {
            Certificate(
                chain: $0.require("certificate", .text(example: "tls/chain.pem"), "The certificate chain, PEM."),
                key: $0.require("key", .text(example: "tls/key.pem"), "Its private key, PEM.")
            )
        }
        certificate = block.optional("tls", tls, "Certificate and key for HTTPS; default plain HTTP.")
        proxies = block.value(
            "trusted_proxies",
            .list(.network),
            default: [],
            "Addresses or networks of proxies whose X-Forwarded-For is believed; default none."
        ).compactMap { $0 }
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
        requestMemory = max(requestMemory, 4 * limits.bodySize)
        limits.linesSize = max(limits.linesSize, 4 * limits.bodySize)
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
        metricsReaders = block.value(
            "metrics_from",
            .list(.network),
            default: metricsReaders,
            "Addresses or networks that may read /metrics; default this machine's own."
        ).compactMap { $0 }
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
        checkSegments(block)
        stopLimit = block.value(
            "stop_within",
            .duration(example: "20s", from: "1s"),
            default: stopLimit,
            "How long requests and landing may take after the end was asked for; default 20s."
        )
    }

    /// A full segment lands while the next one is filled; where none is asked for, it is as small as the log needs it.
    private func checkSegments(_ block: ConfigurationBlock) {
        guard block.has("segment"), log.segmentSize > log.capacity / 2 else { return }
        let most = (log.capacity / 2) >> 20
        let least = (2 * log.segmentSize + (1 << 20) - 1) >> 20
        if block.has("log") {
            let hint =
                most > 0 ? "at least \(least)MiB, or a `segment` of at most \(most)MiB" : "at least \(least)MiB"
            block.reject(key: "log", "it is less than two segments", hint: hint)
        } else {
            block.reject(
                key: "segment",
                "the log of \(log.capacity >> 20)MiB is less than two segments",
                hint: "at most \(most)MiB, or a `log` of at least \(least)MiB"
            )
        }
    }

    private static let listen = ConfigurationType<(host: String, port: Int)>.scalar(
        .string(pattern: nil),
        placeholder: (host: "", port: 0),
        example: "127.0.0.1:8080",
        expected: "HOST:PORT",
        hint: { text in
            IPAddress(text).map { _ in "write the port too: \(text.contains(":") ? "[\(text)]" : text):8080" }
                ?? UInt16(text).map { "write the colon too: :\($0)" } ?? "such as: 127.0.0.1:8080 or [::1]:8080"
        },
        read: address
    )

    /// `host:port`, `[::1]:port` or `:port`.
    @Sendable static func address(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        return (host.isEmpty ? "0.0.0.0" : String(host), Int(port))
    }
}
