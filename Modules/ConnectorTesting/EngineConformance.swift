public import PipelineCore
internal import Synchronization
internal import Testing

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The checks that every query engine has to pass, run from the tests of its plugin.
public struct EngineConformance: Sendable {
    private let engine: any QueryEngine
    private let scratch: ScratchDirectory

    /// Checks over an engine that may read and write below `scratch`.
    public init(_ engine: any QueryEngine, in scratch: ScratchDirectory) {
        self.engine = engine
        self.scratch = scratch
    }

    /// Runs all checks.
    public func run() async throws {
        try await engine.probe()
        try await aJobWritesWhatALaterJobReads()
        try await everyTypeSurvives()
        try await rowsAreCanonical()
        try await anEmptyTableKeepsItsColumns()
        try await aMistakeIsShownWithItsLine()
        try await nothingElseCanBeReached()
        try await aQueryIsOneStatement()
        try await cancellingStopsTheProgram()
        try await aTextTableIsReadExactly()
    }

    private func write(_ sql: String, schema: Schema? = nil, inputs: [EngineTable] = []) async throws
        -> EngineResult.Written
    {
        let directory = scratch.path("out-\(UUID().uuidString)")
        let step = EngineJob.Step.write(label: "out", SQLText(sql), into: directory, schema: schema)
        let result = try await engine.run(EngineJob(name: "writing", inputs: inputs, steps: [step])) { _ in }
        return try #require(result.written["out"])
    }

    private func text(_ sql: String, over inputs: [EngineTable] = []) async throws -> String {
        try await engine.withRows(of: SQLText(sql), over: inputs) { _, rows in
            var bytes: [UInt8] = []
            for try await chunk in rows { bytes += chunk.bytes }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private func aJobWritesWhatALaterJobReads() async throws {
        let written = try await write("SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, NULL")
        #expect(written.rowCount == 2)
        #expect(written.schema.names == ["a", "b"])
        #expect(written.files.allSatisfy { $0.statistics["a"]?.nullCount == 0 })
        let table = EngineTable("t", schema: written.schema, storage: .parquet(written.files.map(\.path)))
        #expect(try await text("SELECT b, a FROM t ORDER BY a", over: [table]) == "x,1\n,2\n")

        let steps: [EngineJob.Step] = [
            .execute(SQLText("CREATE TEMP TABLE doubled AS SELECT a * 2 AS a FROM t")),
            .measure(label: "sum", SQLText("SELECT sum(a) AS total, NULL AS nothing FROM doubled")),
        ]
        let counter = StepCounter()
        let result = try await engine.run(EngineJob(name: "measuring", inputs: [table], steps: steps)) {
            counter.add($0)
        }
        #expect(result.measured["sum"] == [["total": "6", "nothing": nil]])
        #expect(counter.steps == [1, 2])
    }

    private func everyTypeSurvives() async throws {
        let schema = Schema([
            Field("flag", .boolean), Field("small", .integer), Field("big", .bigint), Field("real", .double),
            Field("money", .decimal(precision: 18, scale: 2)), Field("text", .varchar), Field("day", .date),
            Field("moment", .timestamptz), Field("list", .list(.varchar)),
            Field("nest", .structure([Field("x", .bigint)])),
        ])
        let casts = schema.fields.map { "CAST(NULL AS \($0.type)) AS \($0.name)" }.joined(separator: ", ")
        let written = try await write("SELECT \(casts)", schema: schema)
        #expect(written.schema == schema && written.rowCount == 1)
        let found = try await engine.schema(
            of: SQLText("SELECT * FROM t"),
            over: [EngineTable("t", schema: schema, storage: .parquet(written.files.map(\.path)))]
        )
        #expect(found.hasSameColumns(as: schema))
        let sum = try await write("SELECT sum(x) AS s FROM (SELECT 1 AS x) AS v")
        #expect(sum.schema.fields.map(\.type) == [.bigint], "a sum must not leave a type that the lake does not have")
    }

    private func rowsAreCanonical() async throws {
        let rows = try await text(
            "SELECT 'a,b' AS a, 'say \"hi\"' AS b, '' AS c, NULL AS d, true AS e, CAST('2026-11-21' AS DATE) AS f, 'two\nlines' AS g"
        )
        #expect(rows == "\"a,b\",\"say \"\"hi\"\"\",\"\",,true,2026-11-21,\"two\nlines\"\n")
        let many = try await engine.withRows(
            of: SQLText("SELECT x, 'line\nbreak' AS t FROM (SELECT unnest(range(200000)) AS x) AS v"),
            over: []
        ) { _, rows in
            var count = 0
            for try await chunk in rows {
                #expect(chunk.bytes.last == UInt8(ascii: "\n"))
                count += chunk.rowCount
            }
            return count
        }
        #expect(many == 200_000)
    }

    private func anEmptyTableKeepsItsColumns() async throws {
        let table = EngineTable(
            "t",
            schema: Schema([Field("a", .bigint), Field("b", .varchar)]),
            storage: .parquet([])
        )
        #expect(try await text("SELECT * FROM t", over: [table]) == "")
        let written = try await write("SELECT * FROM t", inputs: [table])
        #expect(written.rowCount == 0 && written.schema.names == ["a", "b"])
    }

    private func aMistakeIsShownWithItsLine() async throws {
        let directory = scratch.path("mistake")
        let step = EngineJob.Step.write(
            label: "x",
            SQLText("SELECT 1 AS a,\n  2 AS b,\n  nosuchcolumn\nFROM t", origin: "sql/revenue.sql"),
            into: directory,
            schema: nil
        )
        let table = EngineTable("t", schema: Schema([Field("a", .bigint)]), storage: .parquet([]))
        let error = await #expect(throws: PipelineError.self) {
            _ = try await engine.run(EngineJob(name: "revenue", inputs: [table], steps: [step])) { _ in }
        }
        #expect(error?.code == .invalidQuery)
        #expect(error?.message.contains("sql/revenue.sql:3:") == true, "\(String(describing: error))")
        #expect(error?.message.contains("nosuchcolumn") == true)
    }

    private func nothingElseCanBeReached() async throws {
        let secret = try scratch.write("a\n1\n", to: "elsewhere/secret.csv")
        for sql in [
            "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_csv('\(secret)')", "SELECT * FROM '\(secret)'",
        ] {
            await #expect(throws: PipelineError.self) { _ = try await text(sql) }
        }
    }

    private func aQueryIsOneStatement() async throws {
        let tricks = [
            "SELECT 1; SELECT 2", "SELECT 1) TO '/tmp/x'; --", "", "-- nothing", "SELECT 'open", "SELECT (1",
            "SELECT 1)",
            "SELECT E'\\'' ; SELECT 2 --'", "SELECT E'it\\'s' AS a", "SELECT /* open",
        ]
        for sql in tricks {
            let error = await #expect(throws: PipelineError.self, "\(sql)") { _ = try await text(sql) }
            #expect(error?.code == .invalidQuery, "\(sql)")
        }
        for sql in ["SELECT 1 ; -- done\n;", "SELECT ';' AS a", "SELECT 1 /* ; */ AS a", "SELECT 1 -- )\n"] {
            #expect(try await text(sql).isEmpty == false)
        }
    }

    private func cancellingStopsTheProgram() async throws {
        let engine = self.engine
        let work = Task {
            try await engine.withRows(
                of: SQLText(
                    "SELECT count(*) AS n FROM range(1000000000) AS a, range(1000000) AS b WHERE a.range + b.range = 7"
                ),
                over: []
            ) { _, rows in
                for try await _ in rows {}
            }
        }
        try await Task.sleep(for: .milliseconds(300))
        let start = ContinuousClock.now
        work.cancel()
        await #expect(throws: CancellationError.self) { try await work.value }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    private func aTextTableIsReadExactly() async throws {
        let schema = Schema([Field("row", .bigint), Field("line", .varchar)])
        let lines = try scratch.write(
            "1\u{1}{\"a\":\"x,\\\"y\"}\n2\u{1}\n3\u{1} \"quoted\" # no comment\n",
            to: "lines.txt"
        )
        let table = EngineTable(
            "t",
            schema: schema,
            storage: .text([lines], delimiter: "\u{1}", quote: nil, longest: 100, hasLineEnds: false)
        )
        #expect(
            try await text("SELECT row, line FROM t ORDER BY row", over: [table])
                == "1,\"{\"\"a\"\":\"\"x,\\\"\"y\"\"}\"\n2,\n3,\" \"\"quoted\"\" # no comment\"\n"
        )
        let quoted = try scratch.write("1,\"a\nb\"\n2,\"\"\n3,\n4,\"say \"\"x\"\"\"\n", to: "quoted.csv")
        let csv = EngineTable(
            "t",
            schema: schema,
            storage: .text([quoted], delimiter: ",", quote: "\"", longest: 100, hasLineEnds: true)
        )
        #expect(
            try await text("SELECT row, line FROM t ORDER BY row", over: [csv])
                == "1,\"a\nb\"\n2,\"\"\n3,\n4,\"say \"\"x\"\"\"\n"
        )
    }
}

/// Remembers the steps reported.
private final class StepCounter: Sendable {
    private let reported = Mutex<[Int]>([])
    var steps: [Int] { reported.withLock { $0 } }
    func add(_ step: Int) { reported.withLock { $0.append(step) } }
}
