import ConnectorTesting
import DuckDBPlugin
import PipelineCore
import Processing
import Testing

/// An event as a test writes it; all that is not given is as plain as possible.
struct TestEvent {
    var columns: [String: String]

    /// An event that occurred and was received at a time in UTC, such as `2026-03-02 10:00:00`.
    ///
    /// An empty visitor is none; `more` are further columns of the event log.
    init(
        _ id: String,
        at time: String,
        visitor: String = "v",
        user: String? = nil,
        name: String? = "click",
        type: String = "track",
        _ more: [String: String] = [:]
    ) {
        columns = [
            "event_id": id, "source": "web", "type": type, "occurred_at": time + "+00", "received_at": time + "+00",
            "_file": "f", "_file_id": "f",
        ]
        columns["anonymous_id"] = visitor.isEmpty ? nil : visitor
        columns["user_id"] = user
        columns["name"] = name
        columns.merge(more) { $1 }
    }

    /// A page view.
    static func page(
        _ id: String,
        at time: String,
        visitor: String = "v",
        path: String?,
        _ more: [String: String] = [:]
    ) -> TestEvent {
        var event = TestEvent(id, at: time, visitor: visitor, name: "page_view", type: "page", more)
        event.columns["page_path"] = path
        return event
    }
}

/// The clickstream job over a few events, run by the real engine.
struct ClickstreamRun {
    let tables: [EngineTable]
    private let engine: DuckDBEngine
    private let scratch: ScratchDirectory

    init(
        _ events: [TestEvent],
        userAgents: [[String: String]] = [],
        addresses: [[String: String]] = [],
        options: ClickstreamOptions = ClickstreamOptions()
    ) async throws {
        scratch = try ScratchDirectory()
        engine = DuckDBEngine(DuckDBConfiguration(threads: 2), temporaryDirectory: scratch.path("engine"))
        let rows = events.enumerated().map { index, event in
            event.columns.merging(["_row": String(index + 1)]) { given, _ in given }
        }
        var inputs: [EngineTable] = []
        for (definition, rows) in zip(ClickstreamModels.inputs, [rows, userAgents, addresses]) {
            inputs.append(try await Self.store(rows, as: definition, engine: engine, scratch: scratch))
        }
        let models = ClickstreamModels(options, dialect: engine.dialect)
        let steps = models.steps { [scratch] in scratch.path("out/\($0)") }
        try scratch.write("", to: "out/.keep")
        let result = try await engine.run(EngineJob(name: "clickstream", inputs: inputs, steps: steps)) { _ in }
        tables = try models.definitions.map { definition in
            let written = try #require(result.written[definition.name.rawValue])
            return EngineTable(definition.name, schema: written.schema, storage: .parquet(written.files.map(\.path)))
        }
    }

    /// The rows of a query over the datasets, each as a line of CSV; NULL is nothing, an empty text is `""`.
    func rows(_ query: String) async throws -> [String] {
        try await engine.withRows(of: SQLText(query), over: tables) { _, rows in
            var bytes: [UInt8] = []
            for try await chunk in rows { bytes += chunk.bytes }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    /// Writes rows of text as a table with a definition's types.
    private static func store(
        _ rows: [[String: String]],
        as definition: DatasetDefinition,
        engine: DuckDBEngine,
        scratch: ScratchDirectory
    ) async throws -> EngineTable {
        guard !rows.isEmpty else {
            return EngineTable(definition.name, schema: definition.schema, storage: .parquet([]))
        }
        let names = definition.schema.names
        for row in rows {
            #expect(row.keys.allSatisfy(names.contains), "a column that \(definition.name) does not have")
        }
        let values = rows.map { row in
            "(" + names.map { row[$0].map(sqlLiteral) ?? "NULL" }.joined(separator: ", ") + ")"
        }
        let query = "SELECT * FROM (VALUES \(values.joined(separator: ", "))) AS v(\(names.joined(separator: ", ")))"
        let step = EngineJob.Step.write(
            label: "rows",
            SQLText(query),
            into: scratch.path("in-\(definition.name)"),
            schema: definition.schema
        )
        let result = try await engine.run(EngineJob(name: "input", inputs: [], steps: [step])) { _ in }
        let written = try #require(result.written["rows"])
        return EngineTable(definition.name, schema: definition.schema, storage: .parquet(written.files.map(\.path)))
    }
}
