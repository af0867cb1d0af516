import Foundation
import PipelineCore
import Testing

@testable import MaxMindPlugin

@Suite("MaxMind databases", .enabled(if: SharedData.isThere, "no test databases at \(SharedData.directory.path)"))
struct MaxMindLocatorTests {
    let locator: MaxMindLocator
    init() throws { locator = try MaxMindLocator(path: SharedData.path("GeoIP2-City-Test.mmdb")) }

    @Test("Every network of the source is found, its first and its last address")
    func networks() throws {
        let networks = try SourceNetwork.all()
        #expect(networks.count == 251)
        for network in networks {
            for address in network.bounds {
                let text = Self.text(address)
                #expect(try locator.locate(text) == network.place, "\(text) of \(network.name)")
                guard address.count == 4 else { continue }
                #expect(try locator.locate("::ffff:" + text) == network.place, "\(text) mapped, of \(network.name)")
            }
        }
    }

    @Test("An address gives country, first-level region and English city")
    func place() throws {
        #expect(try locator.locate("81.2.69.160") == Place(country: "GB", region: "GB-ENG", city: "London"))
        #expect(try locator.locate("2.125.160.216") == Place(country: "GB", region: "GB-ENG", city: "Boxford"))
        #expect(try locator.locate("2001:218::1") == Place(country: "JP"))
        #expect(try locator.locate("2001:0218:0000:0000:0000:0000:0000:00FF") == Place(country: "JP"))
        #expect(try locator.locate("::FFFF:5102:45A0") == Place(country: "GB", region: "GB-ENG", city: "London"))
    }

    @Test(
        "What is no address, or not in the database, has no place",
        arguments: [
            "", " ", "localhost", "127.0.0.1", "192.0.2.1", "::1", "81.2.69.160:443", "[2001:218::1]",
            "[2001:218::1]:443",
            "2001:218::1%eth0", "fe80::1%1", "81.2.69", "81.2.69.160.1", "1359103392", "0x51.2.69.160", "081.2.69.160",
            " 81.2.69.160", "81.2.69.160 ", "81.2.69.160\n", "81.2.69.160\0", "81.2.69.256", "-1.2.3.4",
            "::ffff:81.2.69",
            "2001:218::1::2", "8１.2.69.160", "unknown", "10.0.0.1, 81.2.69.160", String(repeating: "1", count: 100_000),
        ]
    )
    func nowhere(address: String) throws {
        #expect(try locator.locate(address) == nil)
    }

    @Test("The version names the database and when it was built")
    func version() throws {
        let parts = locator.version.split(separator: "-")
        #expect(parts.dropLast() == ["GeoIP2", "City"])
        let built = try #require(parts.last.flatMap { Int($0) })
        #expect(built > 1_500_000_000)
    }

    @Test("Threads share one locator and find what one thread finds")
    func threads() async throws {
        let addresses = try SourceNetwork.all().flatMap { $0.bounds.map(Self.text) }
        let expected = try addresses.map { try locator.locate($0) }
        try await withThrowingTaskGroup(of: [Place?].self) { [locator] group in
            for _ in 0..<8 { group.addTask { try addresses.map { try locator.locate($0) } } }
            for try await found in group { #expect(found == expected) }
        }
    }

    @Test(
        "A damaged database is named and never ends the process",
        arguments: [
            "GeoIP2-City-Test-Broken-Double-Format.mmdb", "GeoIP2-City-Test-Invalid-Node-Count.mmdb",
        ]
    )
    func damaged(name: String) throws {
        let path = SharedData.path(name)
        let error = try #require(throws: PipelineError.self) {
            let locator = try MaxMindLocator(path: path)
            for network in try SourceNetwork.all() {
                for address in network.bounds { _ = try locator.locate(Self.text(address)) }
            }
        }
        #expect(error.code == .corruptData)
        #expect(error.description.contains(path))
    }

    @Test("A database that is cut short is named and never ends the process")
    func truncated() throws {
        let whole = try Data(contentsOf: URL(filePath: SharedData.path("GeoIP2-City-Test.mmdb")))
        let path = NSTemporaryDirectory() + "cut-\(UUID().uuidString).mmdb"
        defer { try? FileManager.default.removeItem(atPath: path) }
        for length in stride(from: 0, to: whole.count, by: 487) {
            try whole.prefix(length).write(to: URL(filePath: path))
            let error = try #require(throws: PipelineError.self) { try MaxMindLocator(path: path) }
            #expect(error.code == .corruptData && error.description.contains(path), "\(length) bytes: \(error)")
        }
    }

    @Test("A database with a wrong byte answers or throws, and never ends the process")
    func mutated() throws {
        let whole = try Data(contentsOf: URL(filePath: SharedData.path("GeoIP2-City-Test.mmdb")))
        let addresses = try SourceNetwork.all().map { Self.text($0.bounds[0]) }
        let path = NSTemporaryDirectory() + "wrong-\(UUID().uuidString).mmdb"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var failures = 0
        for position in stride(from: 0, to: whole.count, by: 97) {
            var bytes = whole
            bytes[position] ^= 0xFF
            try bytes.write(to: URL(filePath: path))
            do {
                let locator = try MaxMindLocator(path: path)
                for address in addresses { _ = try locator.locate(address) }
            } catch let error as PipelineError {
                #expect(error.description.contains(path))
                failures += 1
            }
        }
        #expect(failures > 0)
    }

    /// The address as people write it.
    private static func text(_ bytes: [UInt8]) -> String {
        guard bytes.count == 16 else { return bytes.map { String($0) }.joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}

@Suite("Files that are no MaxMind database")
struct NoDatabaseTests {
    @Test("A missing file is named, with what to do")
    func missing() throws {
        let error = try #require(throws: PipelineError.self) { try MaxMindLocator(path: "/nowhere/city.mmdb") }
        #expect(error.code == .notFound)
        #expect(error.description.contains("/nowhere/city.mmdb") && error.hint != nil)
    }

    @Test("A file of another format is named")
    func otherFormat() throws {
        let error = try #require(throws: PipelineError.self) { try MaxMindLocator(path: #filePath) }
        #expect(error.code == .corruptData)
        #expect(error.description.contains(#filePath))
    }
}
