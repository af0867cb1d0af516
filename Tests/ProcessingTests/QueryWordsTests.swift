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

    @Test(
        "Where tables stand, their names are told from those of columns, aliases and WITH",
        arguments: [
            ("SELECT orders FROM users", ["users"]), ("SELECT 1 FROM users, orders o", ["orders", "users"]),
            (
                "SELECT f(a, orders) FROM users u JOIN main.orders USING (orders, b), more",
                ["main", "more", "orders", "users"]
            ),
            ("WITH orders AS (SELECT 1 FROM users) SELECT * FROM orders", ["users"]),
            ("WITH orders(a, b) AS NOT MATERIALIZED (SELECT 1) SELECT * FROM orders", []),
            ("FROM \"Orders\" SELECT users", ["orders"]), ("SELECT a FROM users WHERE b IN (a, orders)", ["users"]),
            ("SELECT a, (SELECT max(b) FROM orders), users FROM c", ["c", "orders"]),
            ("SELECT a IS DISTINCT FROM orders FROM users ORDER BY a, orders", ["users"]),
            ("SELECT 1 FROM (orders JOIN users ON true) t, LATERAL (SELECT 1) x", ["orders", "users"]),
            ("SELECT 1 FROM result", []), (")))(((,", []),
        ]
    )
    func tables(sql: String, names: [String]) {
        let job = SQLJob(into: "result", query: SQLText(sql), checks: [])
        #expect(job.tables.map(\.rawValue) == names)
    }

    private func inputs(of sql: String) -> [DatasetName] {
        SQLJob(into: "result", query: SQLText(sql), checks: []).inputs(among: ["orders", "users"])
    }
}
