import ConnectorTesting
import DuckDBPlugin
import Foundation
import PipelineCore
import Testing

@Suite struct DuckDBEngineTests {
    @Test("The engine keeps what every engine promises")
    func conformance() async throws {
        let scratch = try ScratchDirectory()
        let engine = DuckDBEngine(DuckDBConfiguration(threads: 2), temporaryDirectory: scratch.path("engine"))
        try await EngineConformance(engine, in: scratch).run()
        #expect(scratch.files().allSatisfy { !$0.hasPrefix("engine/") }, "a session must leave nothing behind")
    }

    @Test("A job that takes too long is stopped and says which setting helps")
    func timeout() async throws {
        let scratch = try ScratchDirectory()
        let engine = DuckDBEngine(
            DuckDBConfiguration(timeout: .milliseconds(300)),
            temporaryDirectory: scratch.path("engine")
        )
        let endless = SQLText(
            "SELECT count(*) AS n FROM range(1000000000) AS a, range(1000000) AS b WHERE a.range + b.range = 7"
        )
        let error = await #expect(throws: PipelineError.self) {
            try await engine.withRows(of: endless, over: []) { _, rows in for try await _ in rows {} }
        }
        #expect(error?.code == .outOfResources && error?.hint?.contains("engine.timeout") == true)
    }

    @Test("A missing program is reported with the cure")
    func missingProgram() async throws {
        let scratch = try ScratchDirectory()
        let engine = DuckDBEngine(
            DuckDBConfiguration(program: "/nowhere/duckdb"),
            temporaryDirectory: scratch.path("engine")
        )
        let error = await #expect(throws: PipelineError.self) { try await engine.probe() }
        #expect(error?.hint?.contains("Tools/install") == true)
    }

    @Test("A program that is killed from outside is out of resources, whatever it was doing")
    func killed() async throws {
        let scratch = try ScratchDirectory()
        try scratch.write(Array("#!/bin/sh\nread line\nkill -KILL $$\n".utf8), to: "duckdb")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path("duckdb"))
        let engine = DuckDBEngine(
            DuckDBConfiguration(program: scratch.path("duckdb")),
            temporaryDirectory: scratch.path("engine")
        )
        let error = await #expect(throws: PipelineError.self) { try await engine.describe(parquet: "/any") }
        #expect(error?.code == .outOfResources && error?.hint?.contains("engine.memory") == true)
    }

    @Test("A query of thousands of columns keeps their order")
    func manyColumns() async throws {
        let scratch = try ScratchDirectory()
        let engine = DuckDBEngine(DuckDBConfiguration(threads: 4), temporaryDirectory: scratch.path("engine"))
        let names = (0..<5000).map { "c\($0)" }
        let query = SQLText("SELECT " + names.map { "1 AS \($0)" }.joined(separator: ", "))
        for _ in 0..<5 { #expect(try await engine.schema(of: query, over: []).names == names) }
    }

    @Test("An error does not repeat the data it fell over")
    func noValuesInErrors() async throws {
        let scratch = try ScratchDirectory()
        let engine = DuckDBEngine(DuckDBConfiguration(), temporaryDirectory: scratch.path("engine"))
        let error = await #expect(throws: PipelineError.self) {
            try await engine.withRows(
                of: SQLText(
                    "SELECT CAST(x AS INTEGER) AS n FROM (SELECT 'jane@example.com' AS x) AS v",
                    origin: "q.sql"
                ),
                over: []
            ) { _, rows in
                for try await _ in rows {}
            }
        }
        #expect(error?.message.contains("q.sql") == true && error?.description.contains("jane") == false)
    }
}
