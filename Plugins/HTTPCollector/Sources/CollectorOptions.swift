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
    /// How many connections are open at most.
    var connections = 10_000
    /// How long a connection may send nothing.
    var idleTimeout = Duration.seconds(60)
    /// How old a segment becomes before its events land.
    var landingInterval = Duration.seconds(60)
    /// How long landing may take after the server has stopped.
    var stopLimit = Duration.seconds(20)
    var log = WriteAheadLog.Options()

    /// A collector that nobody may send to.
    init() {}

    /// Reads the keys of `use: http`.
    init(_ block: ConfigurationBlock) {
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
        landingInterval = block.value(
            "land_every",
            .duration(example: "60s"),
            default: landingInterval,
            "How long events wait before they land in the lake; default 60s."
        )
        log.segmentSize = block.value(
            "segment",
            .bytes(example: "64MiB"),
            default: log.segmentSize,
            "So many bytes land without waiting; default 64MiB."
        )
        log.capacity = block.value(
            "log",
            .bytes(example: "8GiB"),
            default: log.capacity,
            "How many bytes may wait to land; default 8GiB."
        )
        limits.bodySize = Int(
            block.value(
                "body",
                .bytes(example: "4MiB"),
                default: Int64(limits.bodySize),
                "The largest request, decompressed; default 4MiB."
            )
        )
        connections = block.value(
            "connections",
            .integer(in: 1...1_000_000, example: 10_000),
            default: connections,
            "How many connections are open at most; default 10000."
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
