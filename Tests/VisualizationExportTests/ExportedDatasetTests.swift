import Foundation
import PipelineCore
import Testing

@testable import VisualizationExport

@Suite("What an export asks the engine")
struct ExportedDatasetTests {
    @Test("DuckDB answers with ordered rows, NULLs last, lists and structs as JSON text")
    func duckDB() async throws {
        let definition = DatasetDefinition(
            name: "things",
            summary: "",
            schema: Schema([
                Field("order", .bigint), Field("a \"b\"", .varchar), Field("tags", .list(.bigint)),
                Field("place", .structure([Field("city", .varchar)])), Field("_file", .varchar),
            ]),
            key: ["order", "a \"b\""]
        )
        let dataset = ExportedDataset(TableSnapshot(definition, rows: 3))
        #expect(dataset.definition.schema["tags"]?.type == .varchar)
        #expect(dataset.definition.schema["tags"]?.description == "JSON text")
        let script = #"""
            CREATE TABLE things ("order" BIGINT, "a ""b""" VARCHAR, tags BIGINT[], place STRUCT(city VARCHAR), _file VARCHAR);
            INSERT INTO things VALUES
                (NULL, 'x', [1, NULL], {'city': 'Łódź, "PL"'}, 'f'), (2, 'b', NULL, NULL, 'f'), (2, 'a', [], {'city': NULL}, 'f');
            COPY (\#(dataset.query.text)) TO '/dev/stdout' (FORMAT csv, HEADER false);
            """#
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["duckdb", "-batch", "-bail", "-c", script]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(
            text == #"""
                2,a,[],"{""city"":null}"
                2,b,,
                ,x,"[1,null]","{""city"":""Łódź, \""PL\""""}"

                """#
        )
    }

    @Test("Only the columns that say where a row came from stay behind, and never all of a table's")
    func columns() {
        func delivered(_ names: String...) -> [String] {
            let schema = Schema(names.map { Field($0, .bigint) })
            let definition = DatasetDefinition(name: "things", summary: "", schema: schema)
            return ExportedDataset(TableSnapshot(definition, rows: 0)).definition.schema.names
        }
        #expect(delivered("_id", "a", "_file", "_file_id", "_row") == ["_id", "a"])
        #expect(delivered("_id") == ["_id"])
        #expect(delivered("_row", "_file") == ["_row", "_file"])
    }
}
