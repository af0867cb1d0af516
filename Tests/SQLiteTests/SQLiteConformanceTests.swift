import ConnectorTesting
import Foundation
import PipelineCore
import SQLitePlugin
import Testing

@Suite("The SQLite sink")
struct SQLiteConformanceTests {
    @Test("It keeps every promise of a sink, as Python's sqlite3 sees it")
    func conformance() async throws {
        await SinkConformance(shown: shown) {
            let folder = try TemporaryFolder()
            return .init(sink: SQLiteSink(path: folder.path + "/new/bi.sqlite")) { dataset in
                let path = folder.path + "/new/bi.sqlite"
                guard FileManager.default.fileExists(atPath: path) else { return nil }
                let found = try answer(path, "SELECT * FROM \"\(dataset)\"")
                return found.columns.isEmpty ? nil : PublishedDataset(columns: found.columns, rows: found.rows)
            }
        }.run()
    }

    /// What the README says of how values are stored.
    private let shown: @Sendable (Field, String) -> String? = { field, value in
        switch field.type {
        case .boolean: return value == "true" ? "1" : "0"
        case .timestamptz:
            let moment = value.dropLast(3)
            let decimals = moment.contains(".") ? moment.split(separator: ".")[1].count : 0
            let padding = String(repeating: "0", count: (decimals <= 3 ? 3 : 6) - decimals)
            return moment + (decimals == 0 ? "." : "") + padding
        case .decimal(precision: 9, _):
            let digits = value.reversed().drop { $0 == "0" }
            return String((digits.first == "." ? digits.dropFirst() : digits).reversed())
        default: return value
        }
    }
}
