import ConnectorTesting
import Foundation
import Testing

/// Disks that are full, or closed, at the start or in the middle.
@Suite(.enabled(if: SmallDisk.isPossible, "mounting is for root"))
struct FullDiskTests {
    private let shop: Shop

    init() throws { shop = try Shop() }

    private func addOrders() throws {
        try shop.folder.write("order_id,day,amount\n3,2026-01-03,1.25\n", to: "drop/orders-2.csv")
    }

    @Test("A full disk under the state directory is named, with what to do, and nothing is touched")
    func fullState() async throws {
        let disk = try SmallDisk(at: shop.folder.path(".millrace"), kilobytes: 4)
        let answer = try await shop.millrace("run")
        #expect(answer.code == 1)
        #expect(answer.errors.contains(".millrace/control.sqlite cannot be used: the disk is full"), "\(answer.errors)")
        #expect(answer.errors.contains("make room on the disk of"))
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path("lake")))
        #expect(try await shop.millrace("runs").output == "No run yet.\n")
        try disk.resize(kilobytes: 4096)
        #expect(try await shop.millrace("run").code == 0)
    }

    @Test("A disk under the state directory that fills up during a run is named; the next run completes it")
    func stateFillsUp() async throws {
        let disk = try SmallDisk(at: shop.folder.path(".millrace"), kilobytes: 8192)
        #expect(try await shop.millrace("run").code == 0)
        try addOrders()
        try disk.fill()
        let answer = try await shop.millrace("run")
        #expect(answer.code == 1)
        #expect(answer.output.contains("orders-1-0.records cannot be written"), "\(answer.output)")
        #expect(answer.errors.contains("control.sqlite cannot be used: the disk is full"), "\(answer.errors)")
        #expect(!answer.errors.contains("SQLite error"))
        try disk.resize(kilobytes: 8192)
        #expect(try await shop.millrace("run").code == 0)
        #expect(try await shop.millrace("sql", "SELECT count(*) AS n FROM daily_sales").output == "n\n3\n")
    }

    @Test("A state directory that may only be read is named by what writes, and read by what reads")
    func closedState() async throws {
        let disk = try SmallDisk(at: shop.folder.path(".millrace"), kilobytes: 8192)
        #expect(try await shop.millrace("run").code == 0)
        try disk.close()
        let answer = try await shop.millrace("run")
        #expect(answer.code == 1)
        #expect(answer.errors.contains(".millrace/") && answer.errors.contains("or set `state:` to another directory"))
        #expect(try await shop.millrace("runs").lines.count == 2)
        #expect(try await shop.millrace("status").output.contains("Last run: "))
        let query = try await shop.millrace("sql", "SELECT 1 AS n")
        #expect(query.code == 1 && query.errors.contains("Read-only file system"), "\(query.errors)")
    }

    @Test("A lake's disk that fills up anywhere in a run is named; the next run ends where an undisturbed one does")
    func lakeFillsUp() async throws {
        let undisturbed = try Shop()
        #expect(try await undisturbed.millrace("run").code == 0)
        for room in [0, 60, 120, 170] {
            let shop = try Shop()
            let disk = try SmallDisk(at: shop.folder.path("lake"), kilobytes: 4 + room)
            let answer = try await shop.millrace("run")
            if answer.code != 0 {
                #expect(answer.code == 1, "\(room) kB")
                let lines = answer.lines.filter { $0.contains("No space left on device") }
                #expect(!lines.isEmpty, "\(room) kB: \(answer.output)")
                #expect(lines.allSatisfy { $0.contains("/lake/") && $0.contains("make room on the disk") }, "\(lines)")
            }
            try disk.resize(kilobytes: 8192)
            let next = try await shop.millrace("run")
            #expect(next.code == 0, "\(room) kB: \(next.output)")
            for table in ["events", "sessions", "paths", "daily_sales"] {
                let columns = table == "events" ? "* EXCLUDE (received_at)" : "*"
                let query = "SELECT \(columns) FROM \(table) ORDER BY ALL"
                let rows = try await shop.millrace("sql", "--format", "csv", query)
                let wanted = try await undisturbed.millrace("sql", "--format", "csv", query)
                #expect(rows.output == wanted.output, "\(room) kB: \(table)")
            }
        }
    }

    @Test("An export's disk that is full is named, what was delivered stays, and the next run delivers")
    func exportFillsUp() async throws {
        let disk = try SmallDisk(at: shop.folder.path("out"), kilobytes: 8192)
        let config = Shop.config.replacing("path: bi.sqlite", with: "path: out/bi.sqlite")
            .replacing("path: csv, datasets: [sessions]", with: "path: out/csv, datasets: [daily_sales]")
        try shop.folder.write(config, to: "millrace.yaml")
        #expect(try await shop.millrace("run").code == 0)
        let before = try shop.folder.read("out/csv/daily_sales.csv")
        let database = try Data(contentsOf: URL(fileURLWithPath: shop.folder.path("out/bi.sqlite")))
        try addOrders()
        try disk.fill()
        let answer = try await shop.millrace("run")
        #expect(answer.code == 1)
        for (name, path) in [("local", "out/bi.sqlite"), ("powerbi", "out/csv")] {
            let line = answer.lines.first { $0.hasPrefix("export  \(name) ") } ?? ""
            #expect(line.contains("failed: ") && line.contains(path) && line.contains("needs room"), "\(answer.output)")
        }
        #expect(try shop.folder.read("out/csv/daily_sales.csv") == before)
        #expect(try Data(contentsOf: URL(fileURLWithPath: shop.folder.path("out/bi.sqlite"))) == database)
        try disk.resize(kilobytes: 8192)
        #expect(try await shop.millrace("run").code == 0)
        #expect(try shop.folder.read("out/csv/daily_sales.csv").contains("1.25"))
    }
}
