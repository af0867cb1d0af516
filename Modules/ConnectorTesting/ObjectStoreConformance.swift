public import PipelineCore
internal import Testing

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The checks that every object store has to pass, run from the tests of its plugin.
public struct ObjectStoreConformance: Sendable {
    private let store: any ObjectStore
    private let secrets: [String]

    /// Checks over an empty store; `secrets` are the texts that no error may show.
    public init(_ store: any ObjectStore, secrets: [String] = []) {
        self.store = store
        self.secrets = secrets
    }

    /// Runs all checks.
    public func run() async throws {
        try await whatIsWrittenIsRead()
        try await awkwardKeysAreKeys()
        try await aPrefixEndsAtASlash()
        try await aReaderSeesOneObjectOrTheOther()
        try await anUnfinishedObjectDoesNotExist()
        try await oneOfManyCreators()
        try await deletingTwiceIsHarmless()
        try await aBigObjectComesInChunks()
        try await errorsCanBeActedOn()
        try await cancellingLeavesNothing()
        try await aProgramsFileIsAnObject()
    }

    private func whatIsWrittenIsRead() async throws {
        for (name, chunks) in [("empty", []), ("one", [[1]]), ("many", [[1, 2], [], [3], [4, 5, 6]])]
            as [(String, [[UInt8]])]
        {
            let key = ObjectKey(rawValue: "round/\(name)")
            let info = try await store.write(ArrayStream(chunks), to: key)
            #expect(info.key == key)
            #expect(info.size == Int64(chunks.joined().count))
            #expect(try await store.contents(of: key) == Array(chunks.joined()))
            #expect(try await store.list(under: "round").first { $0.key == key } == info)
        }
        #expect(try await store.write(ArrayStream([[9]]), to: "round/many").size == 1)
        #expect(try await store.contents(of: "round/many") == [9])
        #expect(try await store.list(under: "nowhere").isEmpty)
    }

    private func awkwardKeysAreKeys() async throws {
        let names = [
            "a b", "100%25", "k=v+w", "it's \"so\"", "#?&;*[x]{y}", "..dots..", ".hidden", "_underscore", "back\\slash",
            "-dash",
            "ä€\u{1F600}", "tab\tin", String(repeating: "x", count: 200), "deep/er/and/deeper/still",
        ]
        for name in names {
            let key = ObjectKey("awkward/\(name)")
            try await store.write(ArrayStream([Array(name.utf8)]), to: key)
            #expect(try await store.contents(of: key) == Array(name.utf8), "\(key)")
        }
        let listed = try await store.list(under: "awkward").map(\.key)
        #expect(listed == names.map { ObjectKey("awkward/\($0)") }.sorted())
        let children = Set(names.map { $0.hasPrefix("deep/") ? "deep" : $0 }).sorted()
        #expect(try await store.children(of: "awkward") == children)
    }

    private func aPrefixEndsAtASlash() async throws {
        for key in ["p/b/2", "p/b/1", "p/bc/1", "p/a", "p/b-"] {
            try await store.write(ArrayStream([[0]]), to: ObjectKey(key))
        }
        #expect(try await store.list(under: "p/b").map(\.key) == ["p/b/1", "p/b/2"])
        #expect(try await store.list(under: "p").map(\.key) == ["p/a", "p/b-", "p/b/1", "p/b/2", "p/bc/1"])
        #expect(try await store.list(under: "p/a").isEmpty)
        #expect(try await store.children(of: "p") == ["a", "b", "b-", "bc"])
        #expect(try await store.list(under: "").map(\.key).contains("p/a"))
    }

    private func aReaderSeesOneObjectOrTheOther() async throws {
        let key: ObjectKey = "atomic/object"
        // Every version is one byte repeated, so that a mixture shows.
        let version: @Sendable (UInt8) -> ArrayStream<[UInt8]> = { byte in
            ArrayStream([[UInt8]](repeating: [UInt8](repeating: byte, count: 50_000), count: 1 + Int(byte)))
        }
        try await store.write(version(0), to: key)
        try await withThrowingTaskGroup { group in
            group.addTask { for byte in 1...12 as ClosedRange<UInt8> { try await store.write(version(byte), to: key) } }
            group.addTask {
                for _ in 0..<40 {
                    let bytes = try await store.contents(of: key)
                    let first = try #require(bytes.first)
                    #expect(bytes.count == 50_000 * (1 + Int(first)) && bytes.allSatisfy { $0 == first })
                }
            }
            try await group.waitForAll()
        }
    }

    private func anUnfinishedObjectDoesNotExist() async throws {
        struct Broken: Error {}
        try await store.write(ArrayStream([[1]]), to: "unfinished/old")
        let breaking = AsyncThrowingStream<[UInt8], any Error> {
            $0.yield([2])
            $0.finish(throwing: Broken())
        }
        await #expect(throws: Broken.self) { try await store.write(breaking, to: "unfinished/old") }
        #expect(try await store.contents(of: "unfinished/old") == [1])

        let writer = try await store.writer(for: "unfinished/new")
        try await writer.append([1, 2, 3])
        #expect(try await store.list(under: "unfinished").map(\.key) == ["unfinished/old"])
        #expect(try await store.children(of: "unfinished") == ["old"])
        await writer.abort()
        await writer.abort()
        await #expect(throws: PipelineError.self) { try await writer.append([4]) }
        await #expect(throws: PipelineError.self) { _ = try await writer.finish() }
        #expect(try await store.list(under: "unfinished").map(\.key) == ["unfinished/old"])

        let finished = try await store.writer(for: "unfinished/new")
        #expect(try await finished.finish().size == 0)
        await finished.abort()
        #expect(try await store.contents(of: "unfinished/new").isEmpty)
    }

    private func oneOfManyCreators() async throws {
        for round in 0..<5 {
            let key = ObjectKey("create/\(round)")
            let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
                for task in 0..<16 as Range<UInt8> {
                    group.addTask {
                        try await store.create([UInt8](repeating: task, count: 10_000), at: key) ? task : nil
                    }
                }
                return try await group.reduce(into: [UInt8]()) { if let winner = $1 { $0.append(winner) } }
            }
            #expect(winners.count == 1)
            #expect(try await store.contents(of: key) == [UInt8](repeating: winners.first ?? 255, count: 10_000))
        }
        #expect(try await store.create([1], at: "create/0") == false)
        #expect(try await store.list(under: "create").count == 5)
    }

    private func deletingTwiceIsHarmless() async throws {
        for name in ["a", "b", "c/d"] { try await store.write(ArrayStream([[1]]), to: ObjectKey("delete/\(name)")) }
        try await store.delete(["delete/a", "delete/never", "delete/no/such/place", "delete/c/d"])
        try await store.delete(["delete/a"])
        try await store.delete([])
        #expect(try await store.list(under: "delete").map(\.key) == ["delete/b"])
        #expect(try await store.create([2], at: "delete/a"))
    }

    private func aBigObjectComesInChunks() async throws {
        let chunk = (0..<99_991).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let count = 120
        try await store.write(ArrayStream([[UInt8]](repeating: chunk, count: count)), to: "big/object")
        var offset = 0
        var chunks = 0
        for try await piece in try await store.read("big/object") {
            #expect(!piece.isEmpty && piece.count <= 1 << 20)
            let start = offset % chunk.count
            let rest = min(piece.count, chunk.count - start)
            #expect(piece.prefix(rest).elementsEqual(chunk[start..<start + rest]))
            offset += piece.count
            chunks += 1
        }
        #expect(offset == chunk.count * count)
        #expect(chunks > 1)
    }

    private func errorsCanBeActedOn() async throws {
        let missing = await #expect(throws: PipelineError.self) { _ = try await store.read("no/such/object") }
        #expect(missing?.code == .notFound)
        var errors = [missing]
        if store.localPath(of: "no/such/object") != nil {
            errors.append(await #expect(throws: PipelineError.self) { try await store.sync(["no/such/object"]) })
            #expect(errors.last??.code == .notFound)
        }
        for key in ["", "/absolute", "trailing/", "a//b", "../outside", "a/../../b", "./a", "nul\u{0}"] {
            errors.append(
                await #expect(throws: PipelineError.self, "\(key)") {
                    try await store.write(ArrayStream([[1]]), to: ObjectKey(key))
                }
            )
            errors.append(
                await #expect(throws: PipelineError.self, "\(key)") {
                    _ = try await store.create([1], at: ObjectKey(key))
                }
            )
            errors.append(
                await #expect(throws: PipelineError.self, "\(key)") { _ = try await store.read(ObjectKey(key)) }
            )
            #expect(store.localPath(of: ObjectKey(key)) == nil)
        }
        for error in errors.compactMap({ $0 }) {
            #expect(!error.operation.isEmpty && !error.message.isEmpty)
            for secret in secrets { #expect(!"\(error) \(String(reflecting: error))".contains(secret)) }
        }
    }

    private func cancellingLeavesNothing() async throws {
        let (begun, beginning) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup { group in
            group.addTask {
                let endless = AsyncThrowingStream<[UInt8], any Error> {
                    beginning.yield()
                    return [UInt8](repeating: 7, count: 1000)
                }
                await #expect(throws: CancellationError.self) { try await store.write(endless, to: "cancelled/object") }
            }
            for await _ in begun { break }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(try await store.list(under: "cancelled").isEmpty)
    }

    private func aProgramsFileIsAnObject() async throws {
        guard let path = store.localPath(of: "program/run/file") else { return }
        try await store.makeDirectory(at: "program/run")
        try await store.makeDirectory(at: "program/run")
        #expect(try await store.list(under: "program").isEmpty)
        #expect(FileManager.default.createFile(atPath: path, contents: Data([1, 2])))
        try await store.sync(["program/run/file"])
        #expect(try await store.contents(of: "program/run/file") == [1, 2])
        try await store.sweep(under: "program", untouchedSince: Timestamp(microseconds: .max))
        #expect(try await store.list(under: "program").map(\.key) == ["program/run/file"])
    }
}

extension ObjectKey {
    fileprivate init(_ text: String) { self.init(rawValue: text) }
}
