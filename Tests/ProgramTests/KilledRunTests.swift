import ConnectorTesting
import Foundation
import Subprocess
import Testing

/// Runs that are stopped in the middle.
@Suite struct KilledRunTests {
    @Test("Runs killed at any moment leave a readable lake, and the next one ends where an undisturbed one does")
    func isKilled() async throws {
        let undisturbed = try await Traffic()
        #expect(try await undisturbed.millrace("run").code == 0)
        let killed = try await Traffic()
        for round in 0..<8 {
            let time = Duration.milliseconds(Int.random(in: 20...(150 + 350 * round)))
            _ = try await killed.millrace("run", stoppedBy: .kill, after: time)
            let tables = try await killed.millrace("tables", "--json")
            #expect(tables.code == 0, "killed after \(time): \(tables.errors)")
            for line in tables.lines where line.hasPrefix("{") {
                struct Table: Decodable { let table: String, rows: Int }
                let table = try JSONDecoder().decode(Table.self, from: Data(line.utf8))
                let count = try await killed.millrace("sql", "SELECT count(*) AS n FROM \(table.table)")
                #expect(count.lines.last == "\(table.rows)", "killed after \(time)")
            }
        }
        let last = try await killed.millrace("run")
        #expect(last.code == 0, "\(last.output) \(last.errors)")
        #expect(try await killed.contents() == undisturbed.contents())
        #expect(try await killed.millrace("run").lines.last == "Nothing new: everything is up to date.")
        #expect(killed.folder.files().filter { $0.hasPrefix(".millrace/work") }.isEmpty)
    }

    @Test("A run that is asked to stop ends soon and tidily, and the next one completes it")
    func isTerminated() async throws {
        let undisturbed = try await Traffic()
        #expect(try await undisturbed.millrace("run").code == 0)
        let stopped = try await Traffic()
        for time in [300, 900, 1500] {
            let start = ContinuousClock.now
            let answer = try await stopped.millrace("run", stoppedBy: .terminate, after: .milliseconds(time))
            #expect(ContinuousClock.now - start < .seconds(60))
            if answer.code != 0 {
                #expect(answer.code == 1)
                #expect(answer.errors == "millrace: stopped\n")
            }
            let left = stopped.folder.files().filter {
                $0.hasPrefix(".millrace/work") || $0.hasPrefix(".millrace/engine")
            }
            #expect(left.isEmpty)
        }
        #expect(try await stopped.millrace("run").code == 0)
        #expect(try await stopped.contents() == undisturbed.contents())
    }
}

/// A pipeline over simulated traffic, long enough to be stopped in the middle.
private struct Traffic {
    let folder: ScratchDirectory
    let millrace: Program

    init() async throws {
        folder = try ScratchDirectory()
        millrace = Program(directory: folder.path)
        _ = try await millrace("init")
        _ = try await millrace("simulate", "--output", "drop", "--events", "3000", "--days", "5")
    }

    /// All rows of datasets, in the lake and as delivered.
    func contents() async throws -> [String: String] {
        var contents: [String: String] = [:]
        for table in ["events", "sessions", "users", "daily_metrics", "retention", "paths", "funnels", "daily_revenue"]
        {
            let rows = try await millrace("sql", "--format", "csv", "SELECT * FROM \(table) ORDER BY ALL")
            #expect(rows.code == 0 && rows.lines.count > 1, "\(table): \(rows.errors)")
            contents[table] = rows.output
            let delivered = try folder.read("exports/power-bi/\(table).csv")
            contents["\(table).csv"] = delivered.split(separator: "\n").sorted().joined(separator: "\n")
        }
        return contents
    }
}
