import ConnectorTesting
import Foundation
import PipelineCore
import Testing

@testable import LocalFilesPlugin

@Suite("Objects in a directory")
struct LocalObjectStoreTests {
    private let scratch: ScratchDirectory
    private let store: LocalObjectStore

    init() throws {
        scratch = try ScratchDirectory()
        store = LocalObjectStore(root: scratch.path("lake"))
    }

    @Test("A directory keeps every promise of an object store")
    func conformance() async throws {
        try await ObjectStoreConformance(store).run()
        #expect(!scratch.files().contains { $0.contains(ObjectDirectory.temporaryPrefix) })
    }

    @Test("A disk that takes only some of the bytes at a time changes nothing")
    func shortWrites() async throws {
        let store = LocalObjectStore(root: "/srv/lake", files: SimulatedDisk(.shortWrites))
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(try await store.write(ArrayStream([bytes, [1], bytes]), to: "a").size == 200_001)
        #expect(try await store.contents(of: "a") == bytes + [1] + bytes)
        #expect(try await store.create(bytes, at: "b"))
        #expect(try await store.contents(of: "b") == bytes)
    }

    @Test("Two stores over one directory share it")
    func twoStores() async throws {
        let other = LocalObjectStore(root: scratch.path("lake"))
        #expect(try await store.create([1], at: "a"))
        #expect(try await other.create([2], at: "a") == false)
        #expect(try await other.contents(of: "a") == [1])
    }

    @Test("Symbolic links lead nowhere")
    func symbolicLinks() async throws {
        try scratch.write("secret", to: "outside/file")
        try await store.write(ArrayStream([[1]]), to: "inside/file")
        let files = FileManager.default
        try files.createSymbolicLink(atPath: scratch.path("lake/way"), withDestinationPath: scratch.path("outside"))
        try files.createSymbolicLink(
            atPath: scratch.path("lake/link"),
            withDestinationPath: scratch.path("outside/file")
        )

        #expect(try await store.list(under: "").map(\.key) == ["inside/file"])
        #expect(try await store.children(of: "") == ["inside"])
        for key in ["way/file", "link"] as [ObjectKey] {
            await #expect(throws: PipelineError.self) { _ = try await store.read(key) }
            await #expect(throws: PipelineError.self) { try await store.sync([key]) }
        }
        await #expect(throws: PipelineError.self) { try await store.write(ArrayStream([[1]]), to: "way/new") }
        await #expect(throws: PipelineError.self) { _ = try await store.create([1], at: "way/new") }
        await #expect(throws: PipelineError.self) { try await store.delete(["way/file"]) }
        await #expect(throws: PipelineError.self) { _ = try await store.list(under: "way") }
        #expect(try scratch.read("outside/file") == "secret")
        #expect(scratch.files().filter { $0.hasPrefix("outside") } == ["outside/file"])
    }

    @Test("A stream goes on with the bytes that it began with")
    func streamsAreStable() async throws {
        let bytes = [UInt8](repeating: 1, count: 600_000)
        try await store.write(ArrayStream([bytes]), to: "a")
        var read: [UInt8] = []
        for try await chunk in try await store.read("a") {
            if read.isEmpty {
                try await store.write(ArrayStream([[2]]), to: "a")
                try await store.delete(["a"])
            }
            read += chunk
        }
        #expect(read == bytes)
    }

    @Test("A sweep takes old leftovers and leaves the rest")
    func sweeping() async throws {
        try await store.write(ArrayStream([[1]]), to: "t/object")
        try await store.makeDirectory(at: "t/empty/inner")
        let writer = try await store.writer(for: "t/abandoned")
        try await writer.append([1])
        let temporary = try #require(scratch.files().first { $0.contains(ObjectDirectory.temporaryPrefix) })

        try await store.sweep(under: "t", untouchedSince: Timestamp(microseconds: 0))
        #expect(scratch.files().contains(temporary))
        try await store.sweep(under: "t", untouchedSince: Timestamp(microseconds: .max))
        #expect(scratch.files() == ["lake/t/object"])
        #expect(try await store.children(of: "t") == ["object"])

        await #expect(throws: PipelineError.self) { _ = try await writer.finish() }
        try await store.write(ArrayStream([[2]]), to: "t/empty/inner/object")
        #expect(try await store.contents(of: "t/empty/inner/object") == [2])
    }

    @Test("A directory removed by somebody else is made again")
    func directoryVanishes() async throws {
        try await store.write(ArrayStream([[1]]), to: "a/b/c")
        try FileManager.default.removeItem(atPath: scratch.path("lake"))
        #expect(try await store.create([2], at: "a/b/c"))
        #expect(try await store.contents(of: "a/b/c") == [2])
    }

    @Test("No descriptor stays open")
    func descriptors() async throws {
        let open = { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        try await store.write(ArrayStream([[1]]), to: "a")
        let before = try open()
        for number in 0..<200 {
            _ = try await store.read("a")
            _ = try await store.create([1], at: ObjectKey(rawValue: "c/\(number)"))
            let writer = try await store.writer(for: "w")
            try await writer.append([1])
            if number % 2 == 0 { _ = try await writer.finish() }
            await #expect(throws: PipelineError.self) { _ = try await store.read("missing") }
        }
        // Writers that were let go of close on their own thread; give it a moment.
        for _ in 0..<100 where try open() > before + 20 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try open() <= before + 20)
    }

    @Test("The connector makes a store from the config's directory")
    func connector() throws {
        let connector = Connector<any ObjectStore>.local
        #expect(connector.name == "local")
        let mark = ConfigurationMark(line: 1, column: 1)
        let path = ConfigurationNode(.scalar("data/../data/lake", isQuoted: false, isReference: false), at: mark)
        let entry = ConfigurationNode.Entry(key: "path", keyMark: mark, value: path)
        let issues = ConfigurationIssues()
        let block = ConfigurationBlock(ConfigurationNode(.map([entry]), at: mark), path: "lake", issues: issues)
        let build = connector.configure(block)
        block.finish()
        #expect(issues.all.isEmpty)
        let context = ConnectorContext(baseDirectory: "/srv/shop", stateDirectory: "/srv/shop/.millrace")
        #expect(try build(context).localPath(of: "tables/a") == "/srv/shop/data/lake/tables/a")
    }
}
