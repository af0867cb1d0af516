import ConnectorTesting
import DuckDBPlugin
import Foundation
import PipelineCore
import Processing
import Testing

/// The datasets beside those of `Tests/ClickstreamOracle`, which computes them without SQL, on random worlds.
///
/// `MILLRACE_WORLDS` says how many; `MILLRACE_FIRST_WORLD` with which to begin.
@Suite struct ClickstreamOracleTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let first = environment["MILLRACE_FIRST_WORLD"].flatMap { Int($0) } ?? 0
    private static let end = first + (environment["MILLRACE_WORLDS"].flatMap { Int($0) } ?? 25)
    /// What one database is asked about at once.
    private static let batches = stride(from: first, to: end, by: 25).map { $0..<min($0 + 25, end) }
    private static let missing = ["python3", "duckdb"].filter { program in
        !(environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }

    private let scratch: ScratchDirectory
    private let engine: DuckDBEngine

    init() throws {
        scratch = try ScratchDirectory()
        engine = DuckDBEngine(DuckDBConfiguration(threads: 2), temporaryDirectory: scratch.path("engine"))
    }

    @Test(
        "Every cell of random worlds is what the oracle computes",
        .enabled(if: missing.isEmpty, "no program \(missing.joined(separator: ", ")) on the PATH"),
        .serialized,
        arguments: batches
    )
    func oracle(_ numbers: Range<Int>) async throws {
        let worlds = scratch.path("worlds")
        let made = try run(["python3", oracle, "make", "\(numbers.lowerBound)", "\(numbers.count)", worlds])
        try #require(made.succeeded, "\(made.text)")
        try load(numbers)
        var tables: [[EngineTable]] = []
        for number in numbers { tables.append(try await datasets(of: number)) }
        for (index, name) in ClickstreamModels.datasets.enumerated() {
            try await dump(tables.map { $0[index] }, as: name, of: numbers)
        }
        let compared = try run(["python3", oracle, "compare", worlds])
        if !compared.succeeded { Issue.record("\(compared.text)") }
    }

    private var oracle: String {
        URL(fileURLWithPath: #filePath).appending(path: "../../ClickstreamOracle/worlds.py").standardized.path
    }

    /// Stores the worlds' inputs as Parquet, with the types of their definitions.
    private func load(_ numbers: Range<Int>) throws {
        var script = "SET TimeZone = 'UTC';\n"
        for number in numbers {
            for input in ClickstreamModels.inputs {
                let types = input.schema.fields.map {
                    "\(sqlLiteral($0.name)): \(sqlLiteral(engine.dialect.type($0.type)))"
                }
                script += """
                    COPY (
                      SELECT * FROM read_json(
                        \(sqlLiteral("\(world(number))/\(input.name).ndjson")), format = 'newline_delimited',
                        columns = {\(types.joined(separator: ", "))}
                      )
                    ) TO \(sqlLiteral(file(of: input.name, in: number))) (FORMAT parquet);

                    """
            }
        }
        let loaded = try run(["duckdb", "-no-init", "-bail", "-f", scratch.write(script, to: "load.sql")])
        try #require(loaded.succeeded, "\(loaded.text)")
    }

    /// Runs the job; the datasets in the order in which they are documented.
    private func datasets(of number: Int) async throws -> [EngineTable] {
        let inputs = ClickstreamModels.inputs.map {
            EngineTable($0.name, schema: $0.schema, storage: .parquet([file(of: $0.name, in: number)]))
        }
        let options = try ClickstreamOptions(json: "\(world(number))/options.json")
        let steps = ClickstreamModels(options, dialect: engine.dialect).steps { "\(world(number))/\($0)" }
        let result = try await engine.run(EngineJob(name: "clickstream", inputs: inputs, steps: steps)) { _ in }
        return try ClickstreamModels.datasets.map { name in
            let written = try #require(result.written[name.rawValue])
            let files = written.files.map(\.path)
            return EngineTable(
                DatasetName(rawValue: "\(name)_\(number)"),
                schema: written.schema,
                storage: .parquet(files)
            )
        }
    }

    /// Writes one dataset of each world as canonical CSV with a header where `worlds.py compare` looks for it.
    ///
    /// All come from one query whose first column is the world, as starting the program takes longer than what it does.
    private func dump(_ tables: [EngineTable], as name: DatasetName, of numbers: Range<Int>) async throws {
        let selections = zip(numbers, tables).map { "SELECT \($0) AS world, * FROM \($1.name)" }
        let query = SQLText(selections.joined(separator: " UNION ALL "))
        let texts = try await engine.withRows(of: query, over: tables) { schema, rows in
            let header = Array((schema.names.dropFirst().joined(separator: ",") + "\n").utf8)
            var texts = Dictionary(uniqueKeysWithValues: numbers.map { (String($0), header) })
            var reader = CanonicalCSVReader(DatasetDefinition(name: name, summary: "", schema: schema))
            for try await chunk in rows {
                var offset = 0
                while try reader.readRow(of: chunk.bytes.span, at: &offset) {
                    let world = String(decoding: chunk.bytes[reader.fields[0].range], as: UTF8.self)
                    texts[world]? += chunk.bytes[reader.fields[1].outerRange.lowerBound..<offset]
                }
            }
            return texts
        }
        for (number, text) in texts { try scratch.write(text, to: "worlds/\(number)/actual/\(name).csv") }
    }

    private func world(_ number: Int) -> String { scratch.path("worlds/\(number)") }
    private func file(of input: DatasetName, in number: Int) -> String { "\(world(number))/\(input).parquet" }

    private func run(_ command: [String]) throws -> (succeeded: Bool, text: String) {
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus == 0, text)
    }
}
