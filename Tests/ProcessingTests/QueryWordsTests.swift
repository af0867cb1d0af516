import PipelineCore
import Testing

@testable import Processing

@Suite("Tables that a query reads")
struct QueryWordsTests {
    @Test(
        "A quote inside a name or a dollar-quoted text hides nothing behind it",
        arguments: [
            #"SELECT id AS "it's" FROM orders"#, #"SELECT id AS "a--b" FROM orders"#,
            #"SELECT id AS "a /* b" FROM Orders"#, #"SELECT "a""b" FROM "Orders""#, "SELECT $$it's$$ FROM orders",
            "SELECT $t$ it's $$ $t$ FROM orders", "SELECT $1, 'a''b' FROM orders", "SELECT 1 -- it's\nFROM orders",
            "FROM/* it's */orders",
        ]
    )
    func quoted(sql: String) { #expect(inputs(of: sql) == ["orders"]) }

    @Test(
        "Strings and comments name no table",
        arguments: [
            "SELECT 'orders'", "SELECT 1 -- orders", "SELECT /* orders */ 1", "SELECT $$ orders $$",
            "SELECT $t$ orders $t$", "SELECT 'it''s orders'", #"SELECT 1 AS "my orders""#, "SELECT my_orders",
        ]
    )
    func unread(sql: String) { #expect(inputs(of: sql) == []) }

    private func inputs(of sql: String) -> [DatasetName] {
        SQLJob(into: "result", query: SQLText(sql), checks: []).inputs(among: ["orders", "users"])
    }
}
