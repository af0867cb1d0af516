import CollectorTesting
import Foundation
import NIOCore
import PipelineCore
import Testing

@testable import HTTPCollectorPlugin

@Suite("Senders and their addresses", .serialized) struct SenderTests {
    private struct Message: Decodable {
        struct Context: Decodable {
            let ip: String?
            let userAgent: String?
        }
        let context: Context?
    }

    @Test("A sender's address is what a trusted proxy says, as far as it is kept")
    func addresses() async throws {
        let running = try RunningCollector()
        let headers = ["X-Forwarded-For": "9.9.9.9, 203.0.113.7", "User-Agent": "Mozilla/5.0"]
        let trusting: (inout CollectorOptions) -> Void = { $0.proxies = ["127.0.0.0/8"].compactMap(IPNetwork.init) }
        let cases: [((inout CollectorOptions) -> Void, String?)] = [
            ({ _ in }, "127.0.0.1"), (trusting, "203.0.113.7"),
            (
                {
                    trusting(&$0); $0.addresses = .truncate
                }, "203.0.113.0"
            ), ({ $0.addresses = .drop }, nil),
        ]
        for (change, _) in cases {
            try await running.serving(change) { client in
                _ = try await client.send([RawClient.request("POST", "/v1/track", headers)])
            }
        }
        #expect(try await running.landed(as: Message.self).map(\.context?.ip) == cases.map(\.1))
    }

    @Test(
        "However proxies write an address, no more of it is kept than is said",
        arguments: [
            ("203.0.113.77", "203.0.113.77", "203.0.113.0"), (" 203.0.113.77:5678", "203.0.113.77", "203.0.113.0"),
            ("::ffff:203.0.113.77", "203.0.113.77", "203.0.113.0"),
            ("[::ffff:203.0.113.77]:443", "203.0.113.77", "203.0.113.0"),
            ("::FFFF:CB00:714D", "203.0.113.77", "203.0.113.0"),
            ("[2001:db8:1:2::1]:443", "2001:db8:1:2::1", "2001:db8:1::"), ("2001:DB8::1", "2001:db8::1", "2001:db8::"),
            ("[2001:db8::1]", "2001:db8::1", "2001:db8::"), ("unknown", nil, nil), ("_hidden", nil, nil),
            ("203.0.113.77.5", nil, nil), ("", nil, nil), ("203.0.113.77, evil", nil, nil),
        ] as [(String, String?, String?)]
    )
    func forwarded(text: String, kept: String?, truncated: String?) {
        let address = IPAddress(forwarded: text[...])
        #expect(address.flatMap(CollectorOptions.AddressPolicy.keep.applied) == kept)
        #expect(address.flatMap(CollectorOptions.AddressPolicy.truncate.applied) == truncated)
        #expect(address.flatMap(CollectorOptions.AddressPolicy.drop.applied) == nil)
    }

    @Test("What a proxy says that is no address is kept nowhere, and neither is the proxy's")
    func noAddress() async throws {
        let running = try RunningCollector()
        try await running.serving({ $0.proxies = ["127.0.0.1"].compactMap(IPNetwork.init) }) { client in
            let headers = ["X-Forwarded-For": "9.9.9.9, unknown", "User-Agent": "Mozilla/5.0"]
            _ = try await client.send([RawClient.request("POST", "/v1/track", headers)])
        }
        let messages = try await running.landed(as: Message.self)
        #expect(messages.count == 1 && messages[0].context?.ip == nil && messages[0].context?.userAgent != nil)
    }

    @Test("On a socket for both kinds of addresses, IPv4 is still IPv4")
    func dualStack() async throws {
        let running = try RunningCollector()
        try await running.serving({ ($0.host, $0.addresses) = ("::", .truncate) }) { client in
            let headers = ["X-Forwarded-For": "9.9.9.9", "User-Agent": "Mozilla/5.0"]
            _ = try await client.send([RawClient.request("POST", "/v1/track", headers)])
            #expect(try await client.send([RawClient.request("GET", "/metrics")]).hasPrefix("HTTP/1.1 200"))
        }
        try await running.serving({ ($0.host, $0.proxies) = ("::", ["127.0.0.1"].compactMap(IPNetwork.init)) }) {
            client in
            let headers = ["X-Forwarded-For": "9.9.9.9", "User-Agent": "Mozilla/5.0"]
            _ = try await client.send([RawClient.request("POST", "/v1/track", headers)])
        }
        #expect(try await running.landed(as: Message.self).map(\.context?.ip) == ["127.0.0.0", "9.9.9.9"])
    }

    @Test("Networks hold the addresses that begin like them")
    func networks() throws {
        let cases = [
            ("10.0.0.0/8", "10.200.3.4", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.7", "10.0.0.7", true),
            ("10.0.0.7", "10.0.0.8", false), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe80::1", false),
            ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "2001:db8::1", true),
            ("192.168.1.128/25", "192.168.1.127", false), ("::1", "::1", true),
        ]
        for (network, address, isIn) in cases {
            let (network, address) = (try #require(IPNetwork(network)), try #require(IPAddress(address)))
            #expect(network.contains(address) == isIn, "\(network) \(address)")
        }
        for text in ["localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0", "fd00::/129", "", "*"] {
            #expect(IPNetwork(text) == nil, "\(text)")
        }
    }

    @Test("Address and agent of devices are kept whatever sends from them; those of servers' libraries are not")
    func devices() async throws {
        let devices = [
            "Mozilla/5.0 (X11; Linux x86_64)", "Dalvik/2.1.0", "okhttp/4.12.0", "analytics-kotlin/1.19.2",
            "analytics-ios/1.6",
            "Dart/3.5 (dart:io)", "UnityPlayer/2022.3", "Shop/7 CFNetwork/1494 Darwin/23.4.0",
        ]
        let servers = [
            "analytics-python/2.4.0", "analytics-node-next/latest", "analytics-go (version: 3.3.0)",
            "python-requests/2.32", "Python/3.11 aiohttp/3.9", "Go-http-client/1.1", "Java/17.0.1", "axios/1.7", "node",
            "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "curl/8.5.0", "shop (unknown version) curl/8.5.0",
        ]
        let running = try RunningCollector()
        try await running.serving({ _ in }) { client in
            for agent in devices + servers {
                _ = try await client.send([RawClient.request("POST", "/v1/track", ["User-Agent": agent])])
            }
            _ = try await client.send([RawClient.request("POST", "/v1/track")])
        }
        let messages = try await running.landed(as: Message.self)
        #expect(messages.map(\.context?.userAgent) == devices + servers.map { _ in nil } + [nil])
        #expect(
            messages.map(\.context?.ip) == devices.map { _ in "127.0.0.1" } + servers.map { _ in nil } + ["127.0.0.1"]
        )
    }
}
