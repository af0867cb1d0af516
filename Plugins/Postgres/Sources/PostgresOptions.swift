internal import PipelineCore

/// How what is delivered meets what a table holds.
enum LoadMode: String, Sendable, CaseIterable {
    /// The table holds what was delivered, and nothing else.
    case replace
    /// Rows whose key is not there yet are added; others stay as they are.
    case append
    /// Rows take the place of those with the same key; others stay.
    case upsert
    /// Days that were delivered are replaced; others stay.
    case partition
}

/// What the config says of a server.
struct PostgresOptions: Sendable {
    /// libpq's names for how far TLS goes.
    enum TLSMode: String, Sendable, CaseIterable {
        case disable, allow, prefer, require
        case verifyAuthority = "verify-ca"
        case verifyAll = "verify-full"
    }

    var url = Secret("")
    var schema = "public"
    var tls: TLSMode?
    var certificateAuthority: String?
    var mode = LoadMode.replace
    var modes: [DatasetName: LoadMode] = [:]
    var connectLimit = Duration.seconds(10)
    var statementLimit = Duration.seconds(3600)
    var lockLimit = Duration.seconds(60)

    /// Options for tests and other code.
    init() {}

    /// Reads the keys of `use: postgres`.
    init(_ block: ConfigurationBlock) {
        url = block.require(
            "url",
            .secret,
            "the database: postgres://USER:PASSWORD@HOST:PORT/DATABASE, or libpq's KEY=VALUE form"
        )
        schema = block.value(
            "schema",
            .text(example: "bi"),
            default: schema,
            "the schema of the tables; it is made where it is missing"
        )
        tls = block.optional("tls", .choice(TLSMode.prefer), "how far TLS goes; what `url` or libpq says unless told")
        certificateAuthority = block.optional(
            "tls_authority",
            .text(example: "/etc/ssl/certs/warehouse.pem"),
            "the file with the certificate that the server's must be signed by"
        )
        mode = block.value("mode", .choice(LoadMode.replace), default: mode, "what a delivery does with older rows")
        let exceptions = block.value(
            "modes",
            .map(.choice(LoadMode.replace)),
            default: [],
            "the mode of single datasets, by name"
        )
        modes = Dictionary(exceptions.map { (DatasetName(rawValue: $0.key), $0.value) }) { $1 }
        connectLimit = block.value(
            "connect_timeout",
            .duration(example: "10s", from: "1s", to: "10m"),
            default: connectLimit,
            "how long connecting may take"
        )
        statementLimit = block.value(
            "statement_timeout",
            .duration(example: "1h", from: "1s", to: "7d"),
            default: statementLimit,
            "how long one statement may take"
        )
        lockLimit = block.value(
            "lock_timeout",
            .duration(example: "60s", from: "1s", to: "1d"),
            default: lockLimit,
            "how long to wait for other sessions' locks"
        )
    }

    func mode(of dataset: DatasetName) -> LoadMode { modes[dataset] ?? mode }

    /// Connects and sets what every session of ours has.
    func connect() async throws -> PostgresConnection {
        let connection = try await PostgresConnection.open(parameters)
        try await connection.run(
            """
            SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET DateStyle = 'ISO'; SET TimeZone = 'UTC';
            SET statement_timeout = \(Self.milliseconds(statementLimit)); SET lock_timeout = \(Self.milliseconds(lockLimit));
            SET search_path = pg_catalog
            """
        )
        return connection
    }

    /// Those before `dbname` can be said otherwise in the URL, those behind it cannot.
    private var parameters: [(name: String, value: Secret)] {
        var parameters = [
            ("fallback_application_name", Secret("millrace")), ("keepalives_idle", Secret("30")),
            ("keepalives_interval", Secret("10")), ("keepalives_count", Secret("3")),
            ("tcp_user_timeout", Secret("60000")), ("dbname", url),
            ("connect_timeout", Secret("\(max(2, connectLimit.components.seconds))")),
        ]
        if let tls { parameters.append(("sslmode", Secret(tls.rawValue))) }
        if let certificateAuthority { parameters.append(("sslrootcert", Secret(certificateAuthority))) }
        return parameters.map { (name: $0.0, value: $0.1) }
    }

    private static func milliseconds(_ duration: Duration) -> Int64 { Int64(duration / .milliseconds(1)) }
}
