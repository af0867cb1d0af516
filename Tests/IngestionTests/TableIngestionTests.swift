import PipelineCore
import Testing

@testable import Ingestion

@Suite("Files become tables")
struct TableIngestionTests {
    @Test(
        "A file of each format gives its rows, plain and compressed",
        arguments: RecordFormat.allCases,
        [false, true]
    )
    func formats(format: RecordFormat, isCompressed: Bool) async throws {
        let folder = try DropFolder.table { options in
            if format == .lines { options.pattern = LinePattern(#"^(?<id>\d+) (?<name>.*)$"#) }
        }
        let content: [UInt8]
        switch format {
        case .csv: content = Array("id,name\n1,Anna\n2,\"Żółw, Jr\"\n".utf8)
        case .ndjson: content = Array("{\"id\":1,\"name\":\"Anna\"}\n{\"id\":2,\"name\":\"Żółw, Jr\"}\n".utf8)
        case .json:
            content = Array("[\n  {\"id\": 1, \"name\": \"Anna\"},\n  {\n\"id\": 2, \"name\": \"Żółw, Jr\"}\n]\n".utf8)
        case .lines: content = Array("1 Anna\n2 Żółw, Jr\n".utf8)
        case .parquet:
            try await folder.putParquet(
                "SELECT 1 AS id, 'Anna' AS name UNION ALL SELECT 2, 'Żółw, Jr' ORDER BY id",
                as: "made"
            )
            content = try Array(folder.scratch.bytes("drop/made"))
            try folder.remove("made")
        }
        let name = format == .lines ? "access.log" : "a.\(format)"
        try await folder.put(isCompressed ? content.gzipped : content, as: isCompressed ? name + ".gz" : name)
        let report = try await folder.run()
        #expect(report.rows == 2 && report.accepted == 2 && report.newFiles == 1)
        #expect(try await folder.query("SELECT id, name, _row FROM t ORDER BY id") == ["1,Anna,1", "2,\"Żółw, Jr\",2"])
        let schema = try await folder.schema()
        #expect(schema == [format == .parquet ? "id INTEGER" : "id BIGINT", "name VARCHAR"])
    }
}
