import Foundation
import PipelineConfig
import PipelineCore
import Testing

/// Python with `jsonschema` and `ruamel.yaml`, as `Tools/install --tests` makes it.
private let python = ProcessInfo.processInfo.environment["MILLRACE_PYTHON"]

@Suite("The JSON Schema of the config file")
struct SchemaTests {
    private let schema = SampleCatalog.sample.jsonSchema

    @Test("The schema is the same bytes every time")
    func deterministic() {
        #expect((0..<5).allSatisfy { _ in SampleCatalog.sample.jsonSchema == schema })
        #expect(schema.hasPrefix("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"))
        #expect(schema.hasSuffix("}\n"))
    }

    @Test("Every key of the file is in the schema with its meaning")
    func meanings() {
        #expect(schema.contains(#""description": "The zone of reporting days; default UTC""#))
        #expect(schema.contains(#""session_gap": {"#))
        #expect(!schema.contains("triggers"))
    }

    @Test(
        "An independent validator accepts what the program accepts, and refuses what it refuses",
        .enabled(if: python != nil, "set MILLRACE_PYTHON to the Python that Tools/install --tests made")
    )
    func agrees() throws {
        let example = PipelineFileTests.example
            .replacingOccurrences(of: "${WEB_WRITE_KEY}", with: "\"${WEB_WRITE_KEY}\"")
            .replacingOccurrences(of: "${DATABASE_URL}", with: "\"${DATABASE_URL}\"")
        let accepted = [example] + Self.accepted.map { Self.lake + $0 }
        let refused = Self.refused.map { Self.lake + $0 } + ["{}", "lake: { use: local }", "[]"]
        let environment = ["WEB_WRITE_KEY": "k", "DATABASE_URL": "u", "N": "4", "PATH_": "x"]
        for text in accepted { #expect(try issues(text, environment: environment) == [], "\(text)") }
        for text in refused { #expect(try !issues(text, environment: environment).isEmpty, "\(text)") }
        let verdicts = try validate(accepted + refused)
        try #require(verdicts.count == accepted.count + refused.count)
        for (text, verdict) in zip(accepted, verdicts) { #expect(verdict == "valid", "\(text)") }
        for (text, verdict) in zip(refused, verdicts.dropFirst(accepted.count)) {
            #expect(verdict != "valid", "\(text)")
        }
    }

    @Test(
        "The validator complains about the wrong key and not about every kind of block",
        .enabled(if: python != nil, "set MILLRACE_PYTHON to the Python that Tools/install --tests made")
    )
    func pointsAtTheKey() throws {
        let text = Self.lake + "sources: { a: { use: files, path: x, format: csv, tabel: orders } }"
        #expect(try validate([text]) == ["sources/a: Additional properties are not allowed ('tabel' was unexpected)"])
    }

    private static let lake = "lake: { use: local, path: lake }\n"

    private static let accepted = [
        "engine: { use: duckdb, threads: 4, memory: 1000 }", "engine: { use: duckdb, threads: \"${N}\" }",
        "engine: { use: spark, conf: { a.b: 4, c: \"true\", d: x } }", "name: 2024", "sources:", "jobs: {}",
        "exports: null",
        "jobs: { a: { use: clickstream, session_gap: 1.5h, conversions: [purchase] } }",
        "jobs: { a: { use: clickstream, funnels: { f: { steps: [a, b], within: 7d } } } }",
        "jobs: { a: { use: sql, query: q, into: t, checks: [{ not_null: [day] }, { row_count: { min: 0 } }] } }",
        "sources: { a: { use: files, path: \"x/${PATH_}\", format: csv, timezone: Europe/Warsaw } }",
    ]

    private static let refused = [
        "nmae: shop", "triggers: { a: { every: 15m } }", "engine: { use: mysql }", "engine: { memory: 4GB }",
        "engine: { use: duckdb, threads: 0 }", "engine: { use: duckdb, threads: \"4\" }",
        "engine: { use: duckdb, threads: 1.5 }",
        "engine: { use: duckdb, memory: lots }", "engine: { use: duckdb, master: yarn }", "name: [a]", "name: \"\"",
        "name:",
        "sources: [a]", "sources: { A-B: { use: http } }", "sources: { a: { use: files, path: x } }", "sources: { a: }",
        "sources: { a: { use: files, path: x, format: xml } }",
        "sources: { a: { use: files, path: x, format: csv, table: My Table } }",
        "jobs: { a: { use: clickstream, session_gap: 30 } }",
        "jobs: { a: { use: clickstream, conversions: purchase } }",
        "jobs: { a: { use: clickstream, funnels: { f: { steps: a } } } }",
        "jobs: { a: { use: clickstream, funnels: { f: { steps: a, within: 7d, x: 1 } } } }",
        "jobs: { a: { use: sql, query: q } }", "jobs: { a: { use: sql, query: q, into: t, after: { b: 1 } } }",
        "exports: { a: { use: sqlite, path: x } }",
    ]

    /// What the validator says of each text: `valid`, or its first complaint.
    private func validate(_ texts: [String]) throws -> [String] {
        let folder = try Folder()
        let schema = try folder.write(schema, to: "schema.json")
        let script = try folder.write(
            """
            import json, sys
            from jsonschema import Draft202012Validator
            from ruamel.yaml import YAML
            schema = json.load(open(sys.argv[1]))
            Draft202012Validator.check_schema(schema)
            for path in sys.argv[2:]:
                errors = list(Draft202012Validator(schema).iter_errors(YAML(typ="safe").load(open(path))))
                print("; ".join("/".join(map(str, e.absolute_path)) + ": " + e.message for e in errors) or "valid")
            """,
            to: "validate.py"
        )
        let files = try texts.enumerated().map { try folder.write($1, to: "\($0).yaml") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(python))
        process.arguments = [script, schema] + files
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

@Suite("Help on the config file")
struct HelpTests {
    @Test("The keys of a block are shown with an example, whether they are needed, and their meaning")
    func keys() throws {
        #expect(
            SampleCatalog.sample.help(section: "engine", use: "duckdb") == """
                The DuckDB program on this machine.

                use: duckdb  required  Which kind of engine this is
                memory: 4GB            How much memory it may take
                threads: 4             How many threads it may use

                """
        )
        let job = try #require(SampleCatalog.sample.help(section: "jobs", use: "sql"))
        #expect(job.contains("after: [clickstream]"))
    }

    @Test("A section lists its kinds, and the top level its sections")
    func sections() {
        #expect(SampleCatalog.sample.help(section: "lake") == "local  A directory of this machine.\n")
        #expect(SampleCatalog.sample.help()?.contains("lake: { use: local }") == true)
        #expect(SampleCatalog.sample.help(section: "lakes") == nil)
        #expect(SampleCatalog.sample.help(section: "lake", use: "s3") == nil)
    }
}
