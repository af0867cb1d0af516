import ConnectorTesting
import NIOCore
import NIOPosix
import PipelineCore
import Testing

@testable import HTTPCollectorPlugin

@Suite("The collector's config") struct OptionsTests {
    /// A value as YAML has it.
    private indirect enum Value: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
        case text(String)
        case list([Value])
        case map([(String, Value)])

        init(stringLiteral text: String) { self = .text(text) }
        init(arrayLiteral values: Value...) { self = .list(values) }
        init(dictionaryLiteral entries: (String, Value)...) { self = .map(entries) }

        func node(_ line: Int = 1) -> ConfigurationNode {
            let mark = ConfigurationMark(line: line, column: 1)
            return switch self {
            case .text(let text): ConfigurationNode(.scalar(text, isQuoted: false, isReference: false), at: mark)
            case .list(let values): ConfigurationNode(.list(values.map { $0.node(line) }), at: mark)
            case .map(let entries):
                ConfigurationNode(
                    .map(
                        entries.enumerated().map { offset, entry in
                            let key = ConfigurationMark(line: line + offset, column: 1)
                            return .init(key: entry.0, keyMark: key, value: entry.1.node(line + offset))
                        }
                    ),
                    at: mark
                )
            }
        }
    }

    /// The options of `sources.web` with keys that are right besides those given, and what is wrong with them.
    private func read(
        _ entries: [(String, Value)],
        keys: Value? = ["web": "k"],
        _ issues: ConfigurationIssues = ConfigurationIssues(),
        path: String = "sources.web"
    ) -> (CollectorOptions, [String]) {
        let all = (keys.map { [("write_keys", $0)] } ?? []) + entries
        let block = ConfigurationBlock(Value.map(all).node(), path: path, issues: issues)
        let options = CollectorOptions(block)
        block.finish()
        return (options, issues.sorted.map { $0.description(in: "f") })
    }

    @Test("A source can have several keys, and each key has one source")
    func keys() {
        let (options, issues) = read([], keys: ["web": ["new", "old"], "app": "a"])
        #expect(issues.isEmpty)
        #expect(["new", "old", "a", "no"].map { options.writeKeys.name(of: $0.utf8) } == ["web", "web", "app", nil])
        #expect(
            read([], keys: [:]).1 == [
                "f:1:1: sources.web.write_keys: without a key nobody can send (such as: { web: ${WEB_KEY} })"
            ]
        )
        #expect(
            read([], keys: ["a": "k", "b": ["x", "k"]]).1 == [
                "f:2:1: sources.web.write_keys.b: it has a key of 'a' (give each name keys of its own)"
            ]
        )
        #expect(
            read([], keys: ["a": []]).1 == [
                "f:1:1: sources.web.write_keys.a: a list without a key (such as: [${NEW}, ${OLD}])"
            ]
        )
        #expect(read([], keys: nil).1.count == 1)
    }

    @Test("Addresses, networks and origins that could never match are refused, with what would be right")
    func never() {
        for (key, value) in [("trusted_proxies", "localhost"), ("metrics_from", "10.0.0.0/40")] {
            #expect(
                read([(key, [.text(value)])]).1 == [
                    "f:2:1: sources.web.\(key)[0]: '\(value)' is not an address or a network "
                        + "(such as: 10.0.0.7, 10.0.0.0/8 or fd00::/8; names are not looked up)"
                ]
            )
        }
        let right = [
            ("https://Shop.example", "https://shop.example"), ("https://shop.example:443", "https://shop.example"),
            ("http://localhost:3000", "http://localhost:3000"), ("http://[::1]:80", "http://[::1]"),
            ("capacitor://localhost", "capacitor://localhost"),
        ]
        for (text, origin) in right {
            let (options, issues) = read([("origins", [.text(text)])])
            #expect(options.origins == [origin] && issues.isEmpty, "\(issues)")
        }
        #expect(read([("origins", ["*"])]).0.origins == nil)
        let wrong = [
            ("https://shop.example/", "https://shop.example"), ("https://shop.example/cart?x", "https://shop.example"),
            ("shop.example", "https://shop.example"),
        ]
        for (text, hint) in wrong {
            #expect(
                read([("origins", [.text(text)])]).1 == [
                    "f:2:1: sources.web.origins[0]: '\(text)' is not the origin of a page (write \(hint))"
                ]
            )
        }
        for text in ["https://*.shop.example", "https://zażółć.example", "https://", "https://a:b", "http://[::1"] {
            #expect(
                read([("origins", [.text(text)])]).1.first?.contains("such as: https://shop.example") == true,
                "\(text)"
            )
        }
    }

    @Test("Keys that Basic authentication cannot carry, and keys that stand twice in a list, are refused")
    func unusableKeys() {
        let hint = "Basic authentication ends a key at a colon, and headers carry no spaces: such as: ${NAME}"
        for key in ["a:b", ":", "a b", " a", "a\u{7}", "a\tb", "a\u{A0}b"] {
            let refused = "a write key has no colon, no spaces and no control characters (\(hint))"
            #expect(
                read([], keys: ["web": .text(key)]).1 == ["f:1:1: sources.web.write_keys.web: \(refused)"],
                "\(key)"
            )
            #expect(
                read([], keys: ["web": ["old", .text(key)]]).1 == [
                    "f:1:1: sources.web.write_keys.web[1]: \(refused)"
                ]
            )
        }
        #expect(read([], keys: ["web": "żółć-1_~/+="]).1 == [])
        #expect(
            read([], keys: ["web": ["k", "l", "k"]]).1 == [
                "f:1:1: sources.web.write_keys.web[2]: the key stands in the list twice (keep one of them)"
            ]
        )
    }

    @Test("Origins of what is no web page are refused")
    func foreignOrigins() {
        for scheme in ["ftp", "file", "ws", "wss"] {
            #expect(
                read([("origins", [.text("\(scheme)://shop.example")])]).1 == [
                    "f:2:1: sources.web.origins[0]: '\(scheme)://shop.example' is not the origin of a page "
                        + "(write https://shop.example)"
                ]
            )
        }
    }

    @Test("Limits that leave no time to stop, or no room for two segments, are refused")
    func limits() {
        #expect(
            read([("stop_within", "0s")]).1.first?.hasPrefix(
                "f:2:1: sources.web.stop_within: '0s' is not a duration from 1s"
            ) == true
        )
        let small = "is less than two segments"
        #expect(
            read([("log", "1GiB"), ("segment", "513MiB")]).1 == [
                "f:2:1: sources.web.log: it \(small) (at least 1026MiB, or a `segment` of at most 512MiB)"
            ]
        )
        #expect(
            read([("segment", "5GiB")]).1 == [
                "f:2:1: sources.web.segment: the log of 8192MiB \(small) (at most 4096MiB, or a `log` of at least 10240MiB)"
            ]
        )
        #expect(read([("log", "1GiB"), ("segment", "512MiB")]).1 == [])
        // What is not said is half of what is.
        #expect(read([("log", "1MiB")]).1 == [])
    }

    @Test("An address to listen on has a port, and brackets around IPv6")
    func listen() {
        for (text, host, port) in [("[fe80::1]:80", "fe80::1", 80), (":8080", "0.0.0.0", 8080), ("x:1", "x", 1)] {
            let options = read([("listen", .text(text))]).0
            #expect(options.host == host && options.port == port)
        }
        for (text, hint) in [
            ("fe80::1", "write the port too: [fe80::1]:8080"), ("10.0.0.7", "write the port too: 10.0.0.7:8080"),
            ("8080", "write the colon too: :8080"), ("localhost", "such as: 127.0.0.1:8080 or [::1]:8080"),
            ("fe80::1:70000", "such as: 127.0.0.1:8080 or [::1]:8080"),
        ] {
            #expect(
                read([("listen", .text(text))]).1 == [
                    "f:2:1: sources.web.listen: '\(text)' is not HOST:PORT (\(hint))"
                ]
            )
        }
    }

    @Test("Two sources cannot listen on one port")
    func ports() {
        func second(_ one: Value, _ other: Value) -> [String] {
            let issues = ConfigurationIssues()
            _ = read([("listen", one)], issues)
            return read([("listen", other)], issues, path: "sources.app").1
        }
        let taken = ["f:2:1: sources.app.listen: sources.web has port 80 already (give each its own)"]
        #expect(second("127.0.0.1:80", "127.0.0.1:80") == taken)
        #expect(second("127.0.0.1:80", ":80") == taken)
        #expect(second("[::]:80", "127.0.0.1:80") == taken)
        #expect(second("127.0.0.1:80", "10.0.0.7:80") == [])
        #expect(second("127.0.0.1:80", "127.0.0.1:81") == [])
        #expect(
            second("8080", "127.0.0.1:8080") == [
                "f:2:1: sources.web.listen: '8080' is not HOST:PORT (write the colon too: :8080)"
            ]
        )
        let issues = ConfigurationIssues()
        _ = read([], issues)
        #expect(
            read([], issues, path: "sources.app").1 == [
                "f:1:1: sources.app.listen: sources.web has port 8080 already (give each its own)"
            ]
        )
    }

    @Test("Files for TLS are found beside the config file, and a probe reads them and tries the address")
    func probe() async throws {
        let scratch = try ScratchDirectory()
        let tls: Value = ["certificate": "tls/chain.pem", "key": "/etc/key.pem"]
        let issues = ConfigurationIssues()
        let node = Value.map([("write_keys", ["web": "k"]), ("tls", tls)]).node()
        let block = ConfigurationBlock(node, path: "sources.web", issues: issues)
        let build = Connector<any EventReceiver>.http.configure(block)
        let context = ConnectorContext(baseDirectory: "/srv/shop", stateDirectory: scratch.path)
        let collector = try #require(try build(context) as? HTTPCollector)
        #expect(collector.options.certificate == Certificate(chain: "/srv/shop/tls/chain.pem", key: "/etc/key.pem"))
        let unreadable = await #expect(throws: PipelineError.self) { try await collector.probe(of: "web") }
        #expect(unreadable?.message.contains("/srv/shop/tls/chain.pem") == true)

        let other = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(
            host: "127.0.0.1",
            port: 0
        ).get()
        var options = CollectorOptions()
        options.port = try #require(other.localAddress?.port)
        let plain = HTTPCollector(options: options, directory: scratch.path("collector"))
        let taken = await #expect(throws: PipelineError.self) { try await plain.probe(of: "web") }
        #expect(taken?.message.contains("127.0.0.1:\(options.port) cannot be listened on") == true)
        try await other.close()
        try await plain.probe(of: "web")
    }
}
