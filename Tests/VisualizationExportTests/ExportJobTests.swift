import ConnectorTesting
import PipelineCore
import Testing
import VisualizationExport

@Suite("An export")
struct ExportJobTests {
    private static let header = DeliveryHeader(
        pipeline: "shop",
        run: RunID(rawValue: "r1"),
        startedAt: Timestamp(microseconds: 0),
        timezone: "UTC"
    )
    private static let sessions = DatasetDefinition(
        name: "sessions",
        summary: "One row is a session.",
        schema: Schema([
            Field("session_id", .varchar, isNullable: false), Field("_file", .varchar),
            Field("tags", .list(.varchar), description: "Labels"), Field("date", .date), Field("_row", .bigint),
        ]),
        key: ["date", "session_id"]
    )
    private static let delivered = Schema([
        Field("session_id", .varchar), Field("tags", .varchar), Field("date", .date),
    ])
    private static let users = DatasetDefinition(
        name: "users",
        summary: "",
        schema: Schema([Field("id", .bigint)])
    )
    private static let sessionRows: [[String?]] = [["a", "[\"x\"]", "2026-01-01"], ["b", nil, "2026-01-02"]]
    private static let userRows: [[String?]] = [["1"], ["2"], ["3"]]

    private static func engine() -> FixedEngine {
        FixedEngine([
            "sessions": (delivered, ArrayStream(chunks(sessionRows))),
            "users": (users.schema, ArrayStream(chunks(userRows))),
        ])
    }

    private static func plan(sessionRows: Int64 = 2, userRows: Int64 = 3) -> DeliveryPlan {
        DeliveryPlan(
            export: "bi",
            snapshots: [TableSnapshot(sessions, version: 4, rows: sessionRows), TableSnapshot(users, rows: userRows)]
        )
    }

    @Test("All datasets of a plan are delivered, without columns that begin with an underscore")
    func delivers() async throws {
        let sink = MemorySink()
        let engine = Self.engine()
        let job = ExportJob(name: "bi", sink: sink, selection: .all)
        let receipt = try await job.deliver(
            Self.plan(),
            with: engine,
            header: Self.header,
            progress: SilentProgress()
        )
        #expect(sink["sessions"] == PublishedDataset(columns: Self.delivered.names, rows: Self.sessionRows))
        #expect(sink["users"] == PublishedDataset(columns: ["id"], rows: Self.userRows))
        #expect(receipt.rowCount == 5)
        #expect(receipt.datasets["sessions"]?.version == 4)
        #expect(
            engine.queries == [
                #"SELECT "session_id", to_json("tags") || '' AS "tags", "date" FROM "sessions" "#
                    + #"ORDER BY "date" NULLS LAST, "session_id" NULLS LAST"#,
                #"SELECT "id" FROM "users""#,
            ]
        )
    }

    @Test("Progress is told by rows, and the outcome at the end")
    func progress() async throws {
        let progress = RecordedProgress()
        let job = ExportJob(name: "bi", sink: MemorySink(), selection: .all)
        _ = try await job.deliver(Self.plan(), with: Self.engine(), header: Self.header, progress: progress)
        #expect(
            progress.lines == [
                "bi: sessions 1/2 rows", "bi: sessions 2/2 rows", "bi: sessions: 2 rows",
                "bi: users 1/3 rows", "bi: users 2/3 rows", "bi: users 3/3 rows", "bi: users: 3 rows",
            ]
        )
    }

    @Test("A plan looks every table up once, and a missing one is an error that names it")
    func planning() async throws {
        let tables = FixedTables([TableSnapshot(Self.sessions, rows: 2), TableSnapshot(Self.users, rows: 3)])
        let job = ExportJob(name: "bi", sink: MemorySink(), selection: .all)
        let plan = try await job.plan(produced: ["users", "sessions", "users"], in: tables)
        #expect(plan.snapshots.map(\.definition.name) == ["users", "sessions"])
        #expect(tables.lookups == ["users", "sessions"])
        let named = ExportJob(name: "bi", sink: MemorySink(), selection: .named(["orders"]))
        let error = await #expect(throws: PipelineError.self) {
            try await named.plan(produced: ["users"], in: tables)
        }
        #expect(error?.code == .notFound)
        #expect(error?.description.contains("'orders'") == true)
    }

    @Test("News are the datasets whose version is another one than was delivered")
    func news() async throws {
        let tables = FixedTables([
            TableSnapshot(Self.sessions, version: 1, rows: 2), TableSnapshot(Self.users, rows: 3),
        ])
        let job = ExportJob(name: "bi", sink: MemorySink(), selection: .all)
        func news(since receipt: DeliveryReceipt?) async throws -> [DatasetName] {
            try await job.plan(produced: ["sessions", "users"], in: tables).news(since: receipt)
        }
        #expect(try await news(since: nil) == ["sessions", "users"])
        let receipt = try await job.plan(produced: ["sessions", "users"], in: tables).receipt
        #expect(try await news(since: receipt) == [])
        tables.put(TableSnapshot(Self.sessions, version: 2, rows: 2))
        #expect(try await news(since: receipt) == ["sessions"])
        tables.put(TableSnapshot(Self.sessions, version: 1, rows: 2, committedAt: 7))
        #expect(
            try await news(since: receipt) == ["sessions"],
            "a table made anew has another time at the same version"
        )
    }

    @Test("What was delivered and is no longer selected is news, and goes with the next delivery")
    func removed() async throws {
        let sink = MemorySink()
        let job = ExportJob(name: "bi", sink: sink, selection: .all)
        let both = Self.plan()
        let receipt = try await job.deliver(both, with: Self.engine(), header: Self.header, progress: SilentProgress())
        let fewer = DeliveryPlan(export: "bi", snapshots: Array(both.snapshots.prefix(1)))
        #expect(fewer.news(since: receipt) == ["users"])
        let next = try await job.deliver(
            fewer,
            after: receipt,
            with: Self.engine(),
            header: Self.header,
            progress: SilentProgress()
        )
        #expect(sink.datasets == ["sessions"])
        #expect(next.datasets.keys.sorted() == ["sessions"])
        #expect(fewer.news(since: next) == [])
    }

    @Test("Rows that are missing or too many stop the delivery, and nothing is published", arguments: [1, 3])
    func miscount(rows: Int64) async throws {
        let sink = MemorySink()
        let job = ExportJob(name: "bi", sink: sink, selection: .all)
        let error = await #expect(throws: PipelineError.self) {
            try await job.deliver(
                Self.plan(sessionRows: rows),
                with: Self.engine(),
                header: Self.header,
                progress: SilentProgress()
            )
        }
        #expect(error?.code == .corruptData)
        #expect(error?.message == "'sessions' has \(rows) rows in the lake, but 2 were stored in the sink")
        #expect(sink.datasets == [])
    }

    @Test("Other columns than the table's stop the delivery")
    func otherColumns() async throws {
        let sink = MemorySink()
        let job = ExportJob(name: "bi", sink: sink, selection: .all)
        let engine = FixedEngine(["sessions": (Self.users.schema, ArrayStream(chunks(Self.userRows)))])
        let error = await #expect(throws: PipelineError.self) {
            try await job.deliver(Self.plan(), with: engine, header: Self.header, progress: SilentProgress())
        }
        #expect(error?.code == .schemaMismatch)
        #expect(sink.datasets == [])
    }

    @Test("An error in the second dataset publishes neither and is thrown on")
    func failingSecond() async throws {
        let sink = MemorySink()
        let job = ExportJob(name: "bi", sink: sink, selection: .all)
        let engine = FixedEngine(["sessions": (Self.delivered, ArrayStream(chunks(Self.sessionRows)))])
        let error = await #expect(throws: PipelineError.self) {
            try await job.deliver(Self.plan(), with: engine, header: Self.header, progress: SilentProgress())
        }
        #expect(error?.message == "no such table")
        #expect(sink.datasets == [])
    }

    @Test("A cancelled export publishes nothing")
    func cancelled() async throws {
        let sink = MemorySink()
        let job = ExportJob(name: "bi", sink: sink, selection: .all)
        let error = await withTaskGroup(of: (any Error)?.self) { group in
            group.cancelAll()
            group.addTask {
                do {
                    _ = try await job.deliver(
                        Self.plan(),
                        with: Self.engine(),
                        header: Self.header,
                        progress: SilentProgress()
                    )
                    return nil
                } catch { return error }
            }
            return await group.next() ?? nil
        }
        #expect(error is CancellationError)
        #expect(sink.datasets == [])
    }
}
