import ConnectorTesting
import Foundation
import PipelineCore
import Testing

@testable import PostgresPlugin

/// One schema of the shared server, and deliveries into it.
struct Warehouse {
    let server: PostgresServer
    var options = PostgresOptions()
    var schema: String { options.schema }

    init(_ mode: LoadMode = .replace) async throws {
        server = try await PostgresServer.shared.value
        options.url = Secret(server.url)
        options.schema = "w\(UInt32.random(in: 0 ... .max))"
        options.mode = mode
    }

    static let visits = DatasetDefinition(
        name: "visits",
        summary: "One row is a visit's day.",
        schema: Schema([
            Field("day", .date, isNullable: false, description: "The day"),
            Field("page", .varchar, description: "The page; NULL where there was none"),
            Field("views", .integer, description: "How often"),
        ]),
        key: ["day", "page"]
    )

    static func header(_ run: String) -> DeliveryHeader {
        DeliveryHeader(
            pipeline: "shop",
            run: RunID(rawValue: run),
            startedAt: Timestamp(microseconds: 1_795_246_277_000_000),
            timezone: "UTC"
        )
    }

    /// Delivers rows, written as canonical CSV.
    func deliver(
        _ csv: String,
        _ definition: DatasetDefinition = visits,
        run: String = "r1",
        count: Int? = nil
    ) async throws {
        let delivery = try await PostgresSink(options).begin(Self.header(run))
        do {
            let lineFeeds = csv.utf8.count { $0 == 10 }
            let rows: Int = count ?? lineFeeds
            let chunk = RowChunk(bytes: Array(csv.utf8), rowCount: rows)
            #expect(try await delivery.stage(definition, rows: ArrayStream([chunk])) == rows)
            try await delivery.commit()
        } catch {
            await delivery.abort()
            throw error
        }
    }

    /// The table's rows, sorted, values between bars.
    func rows(of table: String = "visits") async throws -> [String] {
        try await server.psql("SELECT * FROM \(schema).\(table) ORDER BY 1, 2").split(separator: "\n").map(String.init)
    }

    func failure(_ body: () async throws -> Void) async throws -> PipelineError {
        try #require(await #expect(throws: PipelineError.self) { try await body() })
    }
}

@Suite("Tables in Postgres")
struct PostgresSinkTests {
    @Test("Views over a table and grants on it survive, also when columns come and go")
    func dependents() async throws {
        let warehouse = try await Warehouse()
        let (server, schema) = (warehouse.server, warehouse.schema)
        try await warehouse.deliver("2026-11-20,/a,1\n")
        try await server.psql(
            """
            CREATE VIEW \(schema).busy AS SELECT day, views FROM \(schema).visits WHERE views > 1;
            DO $$ BEGIN CREATE ROLE analyst; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            GRANT SELECT ON \(schema).visits TO analyst
            """
        )
        var wider = Warehouse.visits
        wider.schema.fields[2].type = .bigint
        wider.schema.fields.remove(at: 1)
        wider.schema.fields.append(Field("place", .varchar))
        wider.key = ["day"]
        let refusal = try await warehouse.failure {
            try await warehouse.deliver("2026-11-21,5000000000,Berlin\n", wider, run: "r2")
        }
        #expect(refusal.code == .conflict, "a view uses the column whose type changes: \(refusal)")
        #expect(try await warehouse.rows() == ["2026-11-20|/a|1"])
        wider.schema.fields[1].type = .integer
        try await warehouse.deliver("2026-11-21,5,Berlin\n", wider, run: "r2")
        #expect(try await warehouse.rows(of: "busy") == ["2026-11-21|5"])
        #expect(try await server.psql("SELECT has_table_privilege('analyst', '\(schema).visits', 'SELECT')") == "t\n")
    }

    @Test("Who reads during a delivery waits for nothing and sees the old rows, then the new")
    func readers() async throws {
        let warehouse = try await Warehouse()
        try await warehouse.deliver("2026-11-20,/a,1\n2026-11-20,/b,2\n")
        let reader = try await warehouse.options.connect()
        try await reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
        let count = "SELECT sum(views) FROM \(warehouse.schema).visits"
        #expect(try await reader.run(count) == [["3"]])
        try await warehouse.deliver("2026-11-21,/c,9\n", run: "r2")
        #expect(try await reader.run(count) == [["3"]])
        try await reader.run("COMMIT")
        #expect(try await reader.run(count) == [["9"]])
    }

    @Test("A reader's lock on a table that must change ends in an error, and nothing changes")
    func locked() async throws {
        var warehouse = try await Warehouse()
        try await warehouse.deliver("2026-11-20,/a,1\n")
        let reader = try await warehouse.options.connect()
        try await reader.run("BEGIN; SELECT * FROM \(warehouse.schema).visits")
        warehouse.options.lockLimit = .seconds(1)
        var wider = Warehouse.visits
        wider.schema.fields.append(Field("place", .varchar))
        let refusal = try await warehouse.failure {
            try await warehouse.deliver("2026-11-21,/a,1,X\n", wider, run: "r2")
        }
        #expect(refusal.code == .conflict && refusal.recovery != .stop)
        #expect(try await warehouse.rows() == ["2026-11-20|/a|1"])
    }

    @Test(
        "Older rows stay as the mode says, whether the key may be NULL or not",
        arguments: [
            (LoadMode.replace, ["2026-11-20||7", "2026-11-21|/a|9"]),
            (.append, ["2026-11-19|/a|3", "2026-11-20|/a|1", "2026-11-20||2", "2026-11-21|/a|9"]),
            (.upsert, ["2026-11-19|/a|3", "2026-11-20|/a|1", "2026-11-20||7", "2026-11-21|/a|9"]),
            (.partition, ["2026-11-19|/a|3", "2026-11-20||7", "2026-11-21|/a|9"]),
        ],
        [true, false]
    )
    func modes(_ expected: (mode: LoadMode, rows: [String]), hasNull: Bool) async throws {
        let warehouse = try await Warehouse(expected.mode)
        var visits = Warehouse.visits
        visits.schema.fields[1].isNullable = hasNull
        let absent = hasNull ? "" : "\"\""
        try await warehouse.deliver("2026-11-19,/a,3\n2026-11-20,/a,1\n2026-11-20,\(absent),2\n", visits)
        for run in ["r2", "r3"] {
            try await warehouse.deliver("2026-11-20,\(absent),7\n2026-11-21,/a,9\n", visits, run: run)
            #expect(Set(try await warehouse.rows()) == Set(expected.rows), "\(run)")
            #expect(try await PostgresSink(warehouse.options).currentDelivery()?.rawValue == run)
        }
        let count = "SELECT row_count FROM \(warehouse.schema)._millrace WHERE dataset = 'visits' AND position = 0"
        #expect(try await warehouse.server.psql(count) == "\(expected.rows.count)\n")
    }

    @Test("Where older rows stay, columns are added and widened, and nothing else")
    func evolution() async throws {
        let warehouse = try await Warehouse(.append)
        try await warehouse.deliver("2026-11-20,/a,1\n")
        var wider = Warehouse.visits
        wider.schema.fields[2].type = .decimal(precision: 20, scale: 2)
        wider.schema.fields.append(Field("place", .varchar, isNullable: false))
        try await warehouse.deliver("2026-11-21,/a,12345678901.25,X\n", wider)
        #expect(try await warehouse.rows() == ["2026-11-20|/a|1.00|", "2026-11-21|/a|12345678901.25|X"])
        var narrower = wider
        narrower.schema.fields[2].type = .integer
        let type = try await warehouse.failure { try await warehouse.deliver("2026-11-22,/a,1,X\n", narrower) }
        #expect(type.code == .schemaMismatch && type.message.contains("'views' was numeric(20,2) and is integer now"))
        var shorter = wider
        shorter.schema.fields.removeLast()
        let gone = try await warehouse.failure { try await warehouse.deliver("2026-11-22,/a,1\n", shorter) }
        #expect(gone.code == .schemaMismatch && gone.message.contains("'place' is gone"))
        #expect(try await warehouse.rows().count == 2)
    }

    @Test("Keys, NOT NULL, indexes and comments come from the definition")
    func definitions() async throws {
        let warehouse = try await Warehouse()
        var visits = Warehouse.visits
        visits.schema.fields[1].isNullable = false
        try await warehouse.deliver("2026-11-20,/a,1\n", visits)
        let (server, schema) = (warehouse.server, warehouse.schema)
        let key = """
            SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '\(schema).visits'::regclass
            """
        #expect(try await server.psql(key) == "PRIMARY KEY (day, page)\n")
        #expect(try await server.psql("SELECT obj_description('\(schema).visits'::regclass)") == visits.summary + "\n")
        #expect(
            try await server.psql("SELECT col_description('\(schema).visits'::regclass, 2)")
                == "The page; NULL where there was none\n"
        )
        let doubled = try await warehouse.failure {
            try await warehouse.deliver("2026-11-20,/a,1\n2026-11-20,/a,2\n", visits)
        }
        #expect(doubled.code == .schemaMismatch && !"\(doubled)".contains("/a"), "\(doubled)")
        #expect(try await warehouse.rows() == ["2026-11-20|/a|1"])
    }

    @Test("Lists and structs become JSON, what Postgres cannot hold becomes U+FFFD, and a row of \\. is a row")
    func values() async throws {
        let warehouse = try await Warehouse()
        let definition = DatasetDefinition(
            name: "odd",
            summary: "",
            schema: Schema([
                Field("n", .integer), Field("tags", .list(.varchar)), Field("text", .varchar), Field("number", .double),
            ])
        )
        try await warehouse.deliver("1,\"[\"\"a\"\",\"\"b\"\"]\",x\0y,NaN\n2,,\\.,-Infinity\n", definition)
        #expect(try await warehouse.rows(of: "odd") == ["1|[\"a\", \"b\"]|x\u{FFFD}y|NaN", "2||\\.|-Infinity"])
        let single = DatasetDefinition(name: "single", summary: "", schema: Schema([Field("text", .varchar)]))
        try await warehouse.deliver("a\n\\.\n\nb\n\"c\n\\.\nd\"\n", single, count: 5)
        let texts = try await warehouse.server.psql("SELECT json_agg(text) FROM \(warehouse.schema).single")
        #expect(texts == #"["a", "\\.", null, "b", "c\n\\.\nd"]"# + "\n")
    }

    @Test("A name that is somebody else's is an error, and what they have stays")
    func foreign() async throws {
        let warehouse = try await Warehouse()
        let (server, schema) = (warehouse.server, warehouse.schema)
        try await server.psql("CREATE SCHEMA \(schema); CREATE TABLE \(schema).visits AS SELECT 1 AS mine")
        let refusal = try await warehouse.failure { try await warehouse.deliver("2026-11-20,/a,1\n") }
        #expect(refusal.code == .conflict)
        #expect(try await server.psql("SELECT mine FROM \(schema).visits") == "1\n")
    }

    @Test("Who cannot connect is told why, without the password")
    func connecting() async throws {
        var warehouse = try await Warehouse()
        warehouse.options.url = Secret("postgres://postgres:canary@localhost/nothing?host=\(warehouse.server.folder)")
        let unknown = try await warehouse.failure { try await PostgresSink(warehouse.options).probe() }
        #expect(!"\(unknown)".contains("canary") && unknown.message.contains("\"nothing\" does not exist"))
        warehouse.options.url = Secret("host=\(warehouse.server.folder)-gone user=postgres password=canary")
        let unreachable = try await warehouse.failure { try await PostgresSink(warehouse.options).probe() }
        #expect(unreachable.code == .unreachable && !"\(unreachable)".contains("canary"))
        warehouse.options.url = Secret("postgres://postgres:canary@:x/y")
        let malformed = try await warehouse.failure { try await PostgresSink(warehouse.options).probe() }
        #expect(!"\(malformed)".contains("canary"))
    }

    @Test("A user who may not make tables is told by the probe")
    func rights() async throws {
        var warehouse = try await Warehouse()
        try await warehouse.deliver("2026-11-20,/a,1\n")
        try await warehouse.server.psql(
            "DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        try await PostgresSink(warehouse.options).probe()
        warehouse.options.url = Secret("host=\(warehouse.server.folder) user=guest dbname=postgres")
        #expect(try await warehouse.failure { try await PostgresSink(warehouse.options).probe() }.code == .unauthorized)
    }

    @Test("A cancelled statement ends at once, also if the server has not even got it", arguments: [0, 300])
    func cancellation(milliseconds: Int) async throws {
        let warehouse = try await Warehouse()
        let connection = try await warehouse.options.connect()
        let sleeping = Task { try await connection.run("SELECT pg_sleep(600)") }
        try await Task.sleep(for: .milliseconds(milliseconds))
        sleeping.cancel()
        let start = ContinuousClock.now
        await #expect(throws: CancellationError.self) { try await sleeping.value }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test(
        "A server that is killed while it loads or commits keeps the old rows or has the new, and the next delivery works"
    )
    func killedServer() async throws {
        let scratch = try ScratchDirectory()
        let server = PostgresServer(folder: scratch.path("server"))
        try await server.start()
        var options = PostgresOptions()
        options.url = Secret(server.url)
        options.schema = "bi"
        let rows = (0..<200).map { "2026-11-20,/\($0),1\n" }.joined()
        var expected: Set = [""]
        for turn in 1...6 {
            let chunk = RowChunk(bytes: Array(rows.replacing(",1\n", with: ",\(turn)\n").utf8), rowCount: 200)
            let delivery = try await PostgresSink(options).begin(Warehouse.header("r\(turn)"))
            let kill = Task {
                try await Task.sleep(for: .milliseconds(turn * 3))
                await server.kill()
            }
            do {
                _ = try await delivery.stage(Warehouse.visits, rows: ArrayStream(Array(repeating: chunk, count: 50)))
                try await delivery.commit()
            } catch is PipelineError {
                await delivery.abort()
            }
            _ = await kill.result
            try await server.start()
            expected.insert("\(turn * 10_000)")
            let sum = try await server.psql("SELECT sum(views) FROM bi.visits", mustSucceed: false)
                .trimmingCharacters(in: .newlines)
            #expect(expected.contains(sum))
            expected = [sum]
        }
        let delivery = try await PostgresSink(options).begin(Warehouse.header("last"))
        #expect(try await delivery.stage(Warehouse.visits, rows: ArrayStream([])) == 0)
        try await delivery.commit()
        #expect(try await server.psql("SELECT count(*) FROM bi.visits") == "0\n")
    }
}
