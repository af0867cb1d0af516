import ConnectorTesting
import Foundation
import Lake
import PipelineCore
import Testing

@Suite("The raw zone and its log of landings")
struct LandingLogTests {
    private let lake: TestLake

    init() throws { lake = try TestLake() }

    /// An entry of a file; with bytes, they become its object.
    private func file(
        _ path: String,
        _ content: String,
        _ bytes: String? = nil,
        of source: String = "web",
        over zone: LandingLog? = nil,
        supersedes: [(String, Int64)] = []
    ) async throws -> LandedFile {
        var file = LandedFile(path: path, fileID: content, size: 1, modified: 2, arrival: 3, coding: nil)
        file.supersedes = supersedes.map { LandedFile.Superseded(fileID: $0, fromRow: $1) }
        if let bytes {
            let writer = try await (zone ?? lake.raw).object(of: source, arrival: lake.now, fileExtension: "csv")
            try await writer.append(Array(bytes.utf8))
            file.object = try await writer.finish().key.rawValue
        }
        return file
    }

    @Test("What lands is read back by its landing, under the hour of its arrival")
    func landing() async throws {
        let raw = lake.raw
        #expect(try await raw.ledger(of: "web") == Ledger(latest: nil, files: [], retired: []))
        #expect(try await raw.landings(of: "web", after: nil).isEmpty)

        let arrival = Timestamp(microseconds: 1_795_246_277_123_456)
        let writer = try await raw.object(of: "web", arrival: arrival, fileExtension: "ndjson.gz")
        try await writer.append([1, 2])
        try await writer.append([3])
        #expect(try await raw.landings(of: "web", after: nil).isEmpty)
        let object = try await writer.finish()
        #expect(object.size == 3)
        let parts = object.key.rawValue.split(separator: "/")
        #expect(parts.dropLast() == ["raw", "web", "date=2026-11-21", "hour=07"])
        #expect(
            parts.last?.hasPrefix("20261121T073117123456Z-1-") == true && parts.last?.hasSuffix(".ndjson.gz") == true
        )

        var one = try await file("a.csv", "c1")
        one.object = object.key.rawValue
        one.columns = ["id", "name"]
        let two = try await file("b.csv", "c2")
        #expect(try await raw.land([one, two], of: "web", after: nil) == 0)
        #expect(try await raw.land([], of: "web", after: 0) == 1)
        for raw in [raw, lake.raw] {
            #expect(try await raw.landings(of: "web", after: nil).map(\.sequence) == [0, 1])
            #expect(try await raw.landings(of: "web", after: nil)[0].files == [one, two])
            #expect(try await raw.landings(of: "web", after: 0).map(\.sequence) == [1])
            #expect(try await raw.landings(of: "web", after: 1).isEmpty)
            #expect(try await raw.ledger(of: "web") == Ledger(latest: 1, files: [one, two], retired: []))
            #expect(try await raw.ledger(of: "other").latest == nil)
        }
        var bytes: [UInt8] = []
        for try await chunk in try await raw.read(object.key) { bytes += chunk }
        #expect(bytes == [1, 2, 3])
        #expect(raw.localPath(of: object.key) == lake.scratch.path("lake/\(object.key)"))
        await #expect(throws: PipelineError.self) { _ = try await raw.read("tables/orders/_delta_log/0.json") }
    }

    @Test(
        "Names of sources that no path could hold are kept apart",
        arguments: ["a b", "../x", ".hidden", "ä/b", "_landed", "a%2Fb"]
    )
    func sourceNames(source: String) async throws {
        let raw = lake.raw
        let one = try await file("f", "c", "x", of: source)
        #expect(try await raw.land([one], of: source, after: nil) == 0)
        #expect(try await lake.raw.ledger(of: source).files == [one])
        #expect(lake.scratch.files().allSatisfy { $0.hasPrefix("lake/raw/") && $0.split(separator: "/").count >= 5 })
        for other in ["a", "x", "b", "hidden"] { #expect(try await raw.ledger(of: other).latest == nil) }
        await #expect(throws: PipelineError.self) { try await raw.land([one], of: "other", after: nil) }
        await #expect(throws: PipelineError.self) { _ = try await raw.ledger(of: "") }
    }

    @Test("The ledger keeps the latest of every path, and contents that have lost theirs")
    func ledger() async throws {
        let raw = lake.raw
        let log1 = try await file("log", "A", "1")
        let log2 = try await file("log", "A", "2")
        let rotated = try await file("log.1", "A")
        let fresh = try await file("log", "B", "3")
        let other = try await file("other", "C", "4")
        let overwritten = try await file("other", "D", "5")
        for (index, files) in [[log1, other], [log2], [rotated, fresh], [overwritten]].enumerated() {
            _ = try await raw.land(files, of: "web", after: index == 0 ? nil : Int64(index - 1))
        }
        #expect(try await lake.raw.ledger(of: "web").files == [other, rotated, fresh, overwritten])
    }

    @Test("A content is retired when all its rows are superseded, until it is taken again")
    func retired() async throws {
        let raw = lake.raw
        func retired(_ files: [LandedFile]) async throws -> Set<String> {
            let latest = try await raw.ledger(of: "web").latest
            _ = try await raw.land(files, of: "web", after: latest)
            #expect(try await lake.raw.ledger(of: "web").retired == (try await raw.ledger(of: "web").retired))
            return try await lake.raw.ledger(of: "web").retired
        }
        #expect(try await retired([file("a", "A", "1")]) == [])
        #expect(try await retired([file("a", "A2", "2", supersedes: [("A", 7)])]) == [])
        #expect(try await retired([file("a", "B", "3", supersedes: [("A", 1), ("A2", 1)])]) == ["A", "A2"])
        #expect(try await retired([file("b", "A")]) == ["A", "A2"], "an entry without an object takes nothing")
        #expect(try await retired([file("b", "A", "1")]) == ["A2"])
        #expect(try await retired([file("b", "B", "4", supersedes: [("B", 1)])]) == ["A2"], "replaced by itself")
        #expect(try await retired([file("c", "C", "1", supersedes: [("D", 1)]), file("d", "D", "1")]) == ["A2"])
    }

    @Test("Of many who land at once each gets a number of its own, without holes")
    func racing() async throws {
        try await withThrowingTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    let entry = try await file("f\(task)", "c\(task)", "x")
                    while true {
                        do {
                            let raw = lake.raw
                            _ = try await raw.land([entry], of: "web", after: try await raw.ledger(of: "web").latest)
                            return
                        } catch let error as PipelineError where error.code == .conflict {}
                    }
                }
            }
            try await group.waitForAll()
        }
        let landings = try await lake.raw.landings(of: "web", after: nil)
        #expect(landings.map(\.sequence) == Array(0..<8))
        #expect(Set(landings.flatMap { $0.files.map(\.path) }).count == 8)
        let same = try await file("same", "same")
        #expect(try await lake.raw.land([same], of: "web", after: 7) == 8)
        await #expect(throws: PipelineError.self) { try await lake.raw.land([same], of: "web", after: 7) }
        await #expect(throws: PipelineError.self) { try await lake.raw.land([same], of: "web", after: 20) }
        await #expect(throws: PipelineError.self) { try await lake.raw.land([same], of: "web", after: nil) }
    }

    @Test(
        "However long the log, the ledger is 64 files away, and says what replaying all would",
        arguments: [63, 64, 65, 191, 192, 200]
    )
    func longLog(count: Int) async throws {
        let raw = lake.raw
        for number in 0..<count {
            let previous = number == 0 ? nil : Int64(number - 1)
            let supersedes = number % 10 == 9 ? [("c\(number - 5)", Int64(1))] : []
            let entry = try await file(
                "f\(number % 30)",
                "c\(number % 50)",
                number % 3 == 0 ? "x" : nil,
                supersedes: supersedes
            )
            _ = try await raw.land([entry], of: "web", after: previous)
        }
        let counting = FaultyObjectStore(lake.store, failingAt: .max, .before, isLasting: false)
        let fresh = LandingLog(store: counting)
        #expect(try await fresh.ledger(of: "web") == (try await raw.ledger(of: "web")))
        #expect(counting.calls <= 64 + 20)
        let before = counting.calls
        _ = try await fresh.ledger(of: "web")
        #expect(counting.calls - before <= 2)
        #expect(try await fresh.landings(of: "web", after: nil).count == count)
    }

    @Test("Damage and holes in the log are named, and nothing is removed then")
    func damage() async throws {
        for number in 0..<5 {
            let entry = try await file("f\(number)", "c\(number)", "x")
            _ = try await lake.raw.land([entry], of: "web", after: number == 0 ? nil : Int64(number - 1))
        }
        lake.advance(.seconds(86_400))
        let path = { (number: Int) in "lake/raw/web/_landed/0000000000000000000\(number).json" }
        let whole = try lake.scratch.read(path(2))
        for text in [String(whole.dropLast(20)), "", "{}", try lake.scratch.read(path(1))] {
            try lake.scratch.write(text, to: path(2))
            let errors = [
                await #expect(throws: PipelineError.self) { _ = try await lake.raw.ledger(of: "web") },
                await #expect(throws: PipelineError.self) { _ = try await lake.raw.landings(of: "web", after: nil) },
                await #expect(throws: PipelineError.self) { _ = try await lake.raw.vacuum(grace: .zero) },
            ]
            for error in errors {
                #expect(error?.code == .corruptData && error?.message.contains("00000000000000000002.json") == true)
            }
        }
        try FileManager.default.removeItem(atPath: lake.scratch.path(path(2)))
        await #expect(throws: PipelineError.self) { _ = try await lake.raw.landings(of: "web", after: nil) }
        await #expect(throws: PipelineError.self) { _ = try await lake.raw.vacuum(grace: .zero) }
        #expect(lake.scratch.files().filter { $0.hasSuffix(".csv") }.count == 5)
    }

    @Test("A vacuum takes old objects that never landed, and nothing else")
    func vacuum() async throws {
        let raw = lake.raw
        _ = try await raw.land([try await file("a", "A", "1")], of: "web", after: nil)
        let orphan = try await file("b", "B", "12345")
        let app = try await file("x", "X", "1", of: "app")
        let writer = try await raw.object(of: "web", arrival: lake.now, fileExtension: "csv")
        try await writer.append([1])
        try lake.scratch.write("mine", to: "lake/raw/web/notes.txt")
        try lake.scratch.write("mine", to: "lake/raw/readme.txt")

        lake.advance(.seconds(3600))
        #expect(try await lake.raw.vacuum(grace: .seconds(7200)).files == 0)
        #expect(try await lake.raw.vacuum(grace: .seconds(60)) == (files: 2, bytes: 6))
        #expect(try await lake.raw.vacuum(grace: .seconds(60)).files == 0)
        let left = lake.scratch.files()
        #expect(!left.contains { $0.hasSuffix(orphan.object ?? "") || $0.hasSuffix(app.object ?? "") })
        #expect(left.filter { $0.hasSuffix(".csv") }.count == 1)
        #expect(left.contains("lake/raw/web/notes.txt") && left.contains("lake/raw/readme.txt"))
        #expect(!left.contains { $0.contains(".unfinished-") })
        await writer.abort()
    }

    @Test(
        "Whatever call of the store fails, a rerun lands each file exactly once",
        arguments: FaultyObjectStore.Moment.allCases,
        [false, true]
    )
    func faults(moment: FaultyObjectStore.Moment, isLasting: Bool) async throws {
        /// Takes the files that the ledger does not know.
        func take(_ raw: LandingLog) async throws {
            for path in ["a", "b"] {
                let ledger = try await raw.ledger(of: "web")
                guard !ledger.files.contains(where: { $0.path == path }) else { continue }
                let entry = try await file(path, path, path, over: raw)
                _ = try await raw.land([entry], of: "web", after: ledger.latest)
            }
        }
        var turn = 0
        while true {
            turn += 1
            let lake = try TestLake()
            let faulty = FaultyObjectStore(lake.store, failingAt: turn, moment, isLasting: isLasting)
            do { try await take(LandingLog(store: faulty)) } catch is PipelineError {}
            try await take(lake.raw)
            let landed = try await lake.raw.landings(of: "web", after: nil).flatMap(\.files)
            #expect(landed.map(\.path) == ["a", "b"])
            for file in landed {
                #expect(
                    try await lake.store.contents(of: ObjectKey(rawValue: file.object ?? "")) == Array(file.path.utf8)
                )
            }
            lake.advance(.seconds(3600))
            _ = try await lake.raw.vacuum(grace: .zero)
            #expect(lake.scratch.files().filter { $0.hasSuffix(".csv") }.count == 2)
            if faulty.calls < turn { break }
        }
        #expect(turn > 10)
    }
}
