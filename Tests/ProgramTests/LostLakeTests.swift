import ConnectorTesting
import Foundation
import Subprocess
import Testing

@Suite("A collector whose lake is not the one that it landed in", .serialized) struct LostLakeTests {
    @Test("A lake that was full and is empty is refused by serve, and the log keeps what it holds")
    func emptiedLake() async throws {
        let shop = try CollectorSite()
        _ = try await shop.serving { #expect(await shop.send(1...3) == 200) }
        #expect(try await shop.count() == "n\n3\n")
        _ = try await shop.serving { #expect(await shop.send(4...5) == 200) }
        try shop.move("lake", to: "away")
        let refused = try await shop.millrace("serve", stoppedBy: .terminate, after: .seconds(8))
        #expect(refused.code == 1 && refused.errors.contains("the lake is empty"), "\(refused)")
        #expect(shop.waiting > 0)
        try? FileManager.default.removeItem(atPath: shop.folder.path("lake"))
        try shop.move("away", to: "lake")
        #expect(try await shop.count() == "n\n5\n")
    }

    @Test("A lake that goes away while a collector runs gets nothing, and everything when it is back")
    func lakeGoesAway() async throws {
        let shop = try CollectorSite("land_every: 100ms")
        let served = try await shop.serving(stoppedBy: .terminate) {
            #expect(await shop.send(1...3) == 200)
            try await shop.becomes("the log is empty") { shop.waiting == 0 }
            try shop.move("lake", to: "away")
            #expect(await shop.send(4...5) == 200)
            try await shop.becomes("it is not ready") { await shop.answer("/health/ready") == 503 }
            #expect(shop.waiting > 0)
            #expect(await shop.send(6...6) == 200)
            try? FileManager.default.removeItem(atPath: shop.folder.path("lake"))
            try shop.move("away", to: "lake")
            try await shop.becomes("it is ready") { await shop.answer("/health/ready") == 200 }
            try await shop.becomes("the log is empty") { shop.waiting == 0 }
        }
        #expect(served.code == 0, "\(served)")
        let told = served.errors.split(separator: "\n").filter { $0.contains("the lake does not hold") }
        #expect(told.count == 1 && served.errors.contains("lands again"), "\(served.errors)")
        #expect(try await shop.count() == "n\n6\n")
    }

    @Test("A lake that went away while nobody collected gets nothing, of run or of serve, and no file changes")
    func otherLake() async throws {
        let shop = try CollectorSite("land_every: 100ms")
        _ = try await shop.serving {
            #expect(await shop.send(1...3) == 200)
            try await shop.becomes("the log is empty") { shop.waiting == 0 }
        }
        try shop.configure("land_every: 1h")
        _ = try await shop.serving { #expect(await shop.send(4...5) == 200) }
        try shop.move("lake", to: "away")
        for command in ["run", "status", "doctor"] {
            let answer = try await shop.millrace(command)
            #expect(answer.code == 1 && (answer.output + answer.errors).contains("the lake does not hold"), "\(answer)")
        }
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path("lake/tables")))
        let served = try await shop.millrace("serve", stoppedBy: .terminate, after: .seconds(8))
        #expect(served.code == 1 && served.errors.contains("the lake does not hold"), "\(served)")
        #expect(shop.waiting > 0)
        try? FileManager.default.removeItem(atPath: shop.folder.path("lake"))
        try shop.move("away", to: "lake")
        #expect(try await shop.count() == "n\n5\n")
    }

    @Test(
        "A lake that was emptied before the first run gets nothing, though no event waits; the real one is taken then"
    )
    func emptiedBeforeFirstRun() async throws {
        let shop = try CollectorSite("land_every: 100ms")
        let config = shop.folder.path("millrace.yaml")
        try shop.folder.write(
            String(contentsOfFile: config, encoding: .utf8) + "\njobs: { clickstream: { use: clickstream } }\n",
            to: "millrace.yaml"
        )
        _ = try await shop.serving {
            #expect(await shop.send(1...3) == 200)
            try await shop.becomes("the log is empty") { shop.waiting == 0 }
        }
        try shop.move("lake", to: "away")
        for command in [["run"], ["status"], ["doctor"], ["replay", "web"], ["serve"]] {
            let answer = try await shop.millrace.start(command)
            let all = answer.output + answer.errors
            #expect(answer.code == 1 && all.contains("the lake does not hold events of 'web'"), "\(command): \(answer)")
        }
        #expect(shop.folder.files().allSatisfy { !$0.hasPrefix("lake/") })
        try? FileManager.default.removeItem(atPath: shop.folder.path("lake"))
        try shop.move("away", to: "lake")
        #expect(try await shop.count() == "n\n3\n")
    }

    @Test("A lake that holds what runs have taken is not empty without tables: they are made again")
    func noTables() async throws {
        let shop = try CollectorSite()
        _ = try await shop.serving { #expect(await shop.send(1...3) == 200) }
        #expect(try await shop.count() == "n\n3\n")
        try FileManager.default.removeItem(atPath: shop.folder.path("lake/tables"))
        #expect(try await shop.count() == "n\n3\n")
        try FileManager.default.removeItem(atPath: shop.folder.path("lake/tables"))
        try FileManager.default.removeItem(atPath: shop.folder.path("lake/raw/web"))
        try shop.folder.write("", to: "lake/raw/other/date=2026-11-21/hour=07/x.csv")
        let run = try await shop.millrace("run")
        #expect(run.code == 1 && run.errors.contains("nothing of what runs have taken from 'web'"), "\(run)")
    }
}
