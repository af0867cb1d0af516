import ConnectorTesting
import Foundation
import Testing

/// Commands that look and change nothing.
@Suite struct LookingTests {
    @Test("Before the first run every command says that there is nothing yet, and makes nothing")
    func looksEarly() async throws {
        let shop = try Shop()
        #expect(try await shop.millrace("tables").output == "No tables yet; `millrace run` makes them.\n")
        #expect(try await shop.millrace("runs").output == "No run yet.\n")
        let status = try await shop.millrace("status")
        #expect(status.code == 0, "\(status.errors)")
        #expect(status.lines.contains { $0.hasPrefix("source  orders") && $0.hasSuffix("1 new file") })
        #expect(
            status.lines.contains { $0.hasPrefix("job     sales") && $0.hasSuffix("daily_sales does not exist yet") }
        )
        #expect(status.lines.contains { $0.hasPrefix("export  powerbi") && $0.hasSuffix("after 'clickstream'") })
        #expect(status.lines.last == "No run yet.")
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path(".millrace/control.sqlite")))
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path("lake")))
    }

    @Test("A preview shows columns, types, rows and what would be rejected, and takes nothing")
    func previews() async throws {
        let shop = try Shop()
        let all = try await shop.millrace("preview")
        #expect(all.code == 0, "\(all.errors)")
        #expect(all.output.contains("clicks: 1 file, all of them read\n4 rows, of which 1 would be rejected\n  1 × "))
        #expect(all.lines.contains { $0.hasPrefix("amount ") && $0.contains("10.0") && $0.contains("5.5") })
        #expect(try await shop.millrace("tables").output.hasPrefix("No tables yet"))
        let one = try await shop.millrace("preview", "orders", "--rows", "1")
        #expect(!one.output.contains("clicks") && one.output.contains("10.0") && !one.output.contains("5.5"))
        let unknown = try await shop.millrace("preview", "odrers")
        #expect(unknown.code == 2 && unknown.errors.contains("did you mean 'orders'?"))
    }

    @Test("Tables are listed and described, for people and as JSON")
    func describes() async throws {
        let shop = try Shop()
        _ = try await shop.millrace("run")
        let list = try await shop.millrace("tables")
        #expect(list.lines.first?.hasPrefix("table ") == true)
        for table in ["daily_sales", "dead_letters", "event_log", "orders", "sessions"] {
            #expect(list.lines.contains { $0.hasPrefix("\(table) ") })
        }
        let sessions = try await shop.millrace("tables", "sessions")
        #expect(sessions.output.contains("one row per session_id"))
        #expect(sessions.output.contains("is_bounce"))
        struct Table: Decodable {
            struct Column: Decodable { let name: String, type: String }
            let table: String, rows: Int, columns: [Column]?
        }
        let lines = try await shop.millrace("tables", "--json").lines
        let tables = try lines.map { try JSONDecoder().decode(Table.self, from: Data($0.utf8)) }
        #expect(tables.first { $0.table == "orders" }?.rows == 2)
        let orders = try await shop.millrace("tables", "orders", "--json")
        let columns = try JSONDecoder().decode(Table.self, from: Data(orders.output.utf8)).columns
        #expect(columns?.map(\.name).starts(with: ["order_id", "day", "amount"]) == true)
        let unknown = try await shop.millrace("tables", "sesions")
        #expect(unknown.code == 2 && unknown.errors.contains("did you mean 'sessions'?"))
    }

    @Test("The status follows news from a source to the exports")
    func followsNews() async throws {
        let shop = try Shop()
        _ = try await shop.millrace("run")
        struct Status: Decodable {
            struct Part: Decodable { let name: String, pending: String? }
            let parts: [Part]
        }
        let current = try await shop.millrace("status", "--json")
        let parts = try JSONDecoder().decode(Status.self, from: Data(current.output.utf8)).parts
        #expect(parts.map(\.name) == ["clicks", "orders", "clickstream", "sales", "local", "powerbi"])
        #expect(parts.allSatisfy { $0.pending == nil }, "\(parts)")
        try shop.folder.write("order_id,day,amount\n3,2026-01-03,1.25\n", to: "drop/orders-2.csv")
        let lines = try await shop.millrace("status").lines
        #expect(lines.contains { $0.hasPrefix("source  orders") && $0.hasSuffix("1 new file") })
        #expect(lines.contains { $0.hasPrefix("job     sales") && $0.hasSuffix("after 'orders'") })
        #expect(lines.contains { $0.hasPrefix("job     clickstream") && $0.hasSuffix("nothing: up to date") })
        #expect(lines.contains { $0.hasPrefix("export  local") && $0.hasSuffix("after 'sales'") })
        #expect(lines.contains { $0.hasPrefix("export  powerbi") && $0.hasSuffix("nothing: up to date") })
    }

    @Test("Where files only have other names or times, the status expects nothing of jobs and exports")
    func knowsCopies() async throws {
        let shop = try Shop()
        try shop.folder.write("order_id,day,amount\n3,2026-01-03,1.25\n", to: "drop/orders-2.csv")
        _ = try await shop.millrace("run")
        let content = try shop.folder.read("drop/orders-1.csv")
        try shop.folder.write(content, to: "drop/orders-3.csv")
        let copied = try await shop.millrace("status").lines
        #expect(
            copied.contains { $0.hasPrefix("source  orders") && $0.hasSuffix("1 touched, renamed or copied file") }
        )
        #expect(!copied.contains { $0.contains("after '") }, "\(copied)")
        // Known content in the place of other content, whose rows go.
        try shop.folder.write(content, to: "drop/orders-2.csv")
        let replaced = try await shop.millrace("status").lines
        #expect(replaced.contains { $0.hasPrefix("job     sales") && $0.hasSuffix("after 'orders'") }, "\(replaced)")
    }

    @Test("The doctor looks at the machine, and at the config where there is one")
    func examines() async throws {
        let shop = try Shop()
        let well = try await shop.millrace("doctor")
        #expect(well.code == 0, "\(well.output)")
        for part in ["engine", "state", "sources.orders", "exports.local"] {
            #expect(well.lines.contains { $0.hasPrefix("\(part) ") && $0.contains(" ok") })
        }
        let lost = Shop.config.replacing("drop/orders-*.csv", with: "nowhere/*.csv")
        try shop.folder.write(lost, to: "millrace.yaml")
        let ill = try await shop.millrace("doctor")
        #expect(ill.code == 1)
        #expect(ill.lines.contains { $0.hasPrefix("sources.orders ") && $0.contains("nowhere does not exist") })
        let nowhere = try ScratchDirectory()
        // A preview that is going on has its files here.
        let other = FileManager.default.temporaryDirectory.appending(path: "millrace-\(getuid())/\(UUID())")
        try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: other) }
        #expect(try await Program(directory: nowhere.path)("doctor").output.contains("DuckDB starts"))
        #expect(FileManager.default.fileExists(atPath: other.path))
        #expect(try await shop.millrace("check", "--connect").code == 1)
        #expect(try await shop.millrace("check").code == 0)
    }
}
