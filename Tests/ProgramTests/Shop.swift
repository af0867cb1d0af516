import ConnectorTesting

/// A small pipeline in a directory of its own: clicks become events, orders a table, a query becomes another.
struct Shop {
    let folder: ScratchDirectory
    let millrace: Program

    /// Writes the config and its data; nothing has run yet.
    init() throws {
        folder = try ScratchDirectory()
        millrace = Program(directory: folder.path)
        try folder.write(Self.config, to: "millrace.yaml")
        try folder.write(Self.query, to: "sql/sales.sql")
        try folder.write(Self.clicks, to: "drop/clicks.csv")
        try folder.write("order_id,day,amount\n1,2026-01-01,10.00\n2,2026-01-02,5.50\n", to: "drop/orders-1.csv")
    }

    static let config = """
        lake: { use: local, path: lake }
        sources:
          clicks:
            use: files
            path: drop/clicks*.csv
            events: { anonymous_id: user, name: event, occurred_at: at, page_path: path }
          orders: { use: files, path: drop/orders-*.csv, table: orders }
        jobs:
          clickstream: { use: clickstream, conversions: [buy] }
          sales:
            use: sql
            query: sql/sales.sql
            into: daily_sales
            checks: [{ unique: [day] }]
        exports:
          local: { use: sqlite, path: bi.sqlite, datasets: [sessions, daily_sales] }
          powerbi: { use: csv, flavor: power-bi, path: csv, datasets: [sessions] }

        """

    static let query = """
        -- Sales by day.
        SELECT day, count(*) AS orders, sum(amount) AS amount
        FROM orders
        GROUP BY day

        """

    static let clicks = #"""
        user,event,at,path,note
        ann,view,2026-01-01 10:00:00,/,
        ann,buy,2026-01-01 10:01:00,/cart,"two, with ""quotes"""
        bob,view,2026-01-02 11:00:00,/,\#u{1B}[31mred
        bob,view,not a time,/,

        """#
}
