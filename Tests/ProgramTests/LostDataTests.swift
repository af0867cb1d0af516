import ConnectorTesting
import Foundation
import Glibc
import Testing

/// A lake that somebody else has damaged.
@Suite struct LostDataTests {
    private let shop: Shop

    init() async throws {
        shop = try Shop()
        #expect(try await shop.millrace("run").code == 0)
    }

    /// Removes the data files of a table and returns the path of the first.
    @discardableResult
    private func lose(_ table: String) throws -> String {
        let files = shop.folder.files().filter { $0.hasPrefix("lake/tables/\(table)/") && $0.hasSuffix(".parquet") }
        for file in files { try FileManager.default.removeItem(atPath: shop.folder.path(file)) }
        return shop.folder.path(try #require(files.first))
    }

    @Test("A missing file of a table that is read is named by all that read it, with what to do")
    func losesInput() async throws {
        let file = try lose("orders")
        let problem = "table 'orders' lacks the file \(file)"
        let sql = try await shop.millrace("sql", "SELECT * FROM orders")
        #expect(sql.code == 1)
        #expect(sql.errors.contains(problem) && sql.errors.contains("backup"), "\(sql.errors)")
        let run = try await shop.millrace("run", "sales")
        #expect(run.code == 1)
        #expect(
            run.lines.contains { $0.hasPrefix("job ") && $0.contains("failed") && $0.contains(problem) },
            "\(run.output)"
        )
        #expect(try await shop.millrace("run", "--full", "sales").code == 1)
        let status = try await shop.millrace("status")
        #expect(status.code == 1)
        #expect(status.lines.contains { $0.hasPrefix("job     sales") && $0.contains(problem) }, "\(status.output)")
        let doctor = try await shop.millrace("doctor")
        #expect(doctor.code == 1)
        #expect(doctor.lines.contains { $0.hasPrefix("lake ") && $0.contains(problem) }, "\(doctor.output)")
        #expect(try await shop.millrace("sql", "SELECT count(*) AS n FROM sessions").code == 0)
    }

    @Test("A table of a source fills itself again from the raw zone once its directory is gone")
    func refills() async throws {
        let before = try await shop.millrace("sql", "SELECT * FROM orders ORDER BY order_id")
        try lose("orders")
        try FileManager.default.removeItem(atPath: shop.folder.path("lake/tables/orders"))
        let run = try await shop.millrace("run")
        #expect(run.code == 0, "\(run.output)")
        #expect(try await shop.millrace("sql", "SELECT * FROM orders ORDER BY order_id").output == before.output)
    }

    @Test("A result that lost a file is computed anew, and delivered; before that nothing reads it")
    func losesResult() async throws {
        let file = try lose("daily_sales")
        let problem = "daily_sales lacks a file"
        #expect(try await shop.millrace("sql", "SELECT * FROM daily_sales").errors.contains(file))
        let status = try await shop.millrace("status")
        #expect(status.lines.contains { $0.hasPrefix("job     sales") && $0.hasSuffix(problem) }, "\(status.output)")
        let run = try await shop.millrace("run")
        #expect(run.code == 0, "\(run.output)")
        #expect(run.lines.contains { $0.hasPrefix("job     sales") && $0.hasSuffix("daily_sales, 2 rows") })
        #expect(try await shop.millrace("sql", "SELECT * FROM daily_sales").code == 0)
        #expect(try await shop.millrace("run").output.contains("Nothing new"))
    }

    @Test("An export says which file it misses")
    func losesDelivered() async throws {
        let folder = shop.folder
        let config = Shop.config.replacing("datasets: [sessions, daily_sales]", with: "datasets: [orders]")
        try folder.write(config, to: "millrace.yaml")
        let file = try lose("orders")
        let run = try await shop.millrace("run")
        let problem = "table 'orders' lacks the file \(file)"
        #expect(run.lines.contains { $0.hasPrefix("export  local") && $0.contains(problem) }, "\(run.output)")
    }

    @Test("The doctor says which table's log cannot be read")
    func losesLog() async throws {
        let log = "lake/tables/orders/_delta_log/00000000000000000000.json"
        try shop.folder.write("garbage", to: log)
        let doctor = try await shop.millrace("doctor")
        #expect(doctor.code == 1)
        #expect(doctor.lines.contains { $0.hasPrefix("lake ") && $0.contains("problem") && $0.contains("orders") })
        #expect(try await shop.millrace("check", "--connect").code == 1)
    }

    @Test("Status and doctor say, as a run does, that a lake that was full is empty")
    func losesLake() async throws {
        try FileManager.default.removeItem(atPath: shop.folder.path("lake"))
        let run = try await shop.millrace("run")
        let status = try await shop.millrace("status")
        #expect(status.code == 1 && run.code == 1)
        #expect(status.errors == run.errors && status.errors.contains("the lake is empty"), "\(status.errors)")
        let doctor = try await shop.millrace("doctor")
        #expect(doctor.code == 1)
        #expect(doctor.lines.contains { $0.hasPrefix("lake ") && $0.contains("the lake is empty") })
    }
}
