import ConnectorTesting
import Foundation
import JSONLinesConnector
import PipelineCore
import Testing

// A source of files runs `FileSourceConformance` in the same way: `Tests/LocalFilesTests/FilesSourceTests.swift`.
@Suite("The JSON lines sink")
struct JSONLinesTests {
    @Test("It keeps every promise of a sink, as JSON's own reader sees it")
    func conformance() async {
        await SinkConformance {
            let scratch = try ScratchDirectory()
            let path = scratch.path("new/json")
            return .init(sink: JSONLinesSink(path: path)) { dataset in
                try withExtendedLifetime(scratch) { try published(dataset, in: path) }
            }
        }.run()
    }

    @Test("Its block of the config has a path, which is required")
    func configuration() {
        let description = ConfigurationBlock(describing: "")
        _ = Connector<any Sink>.jsonLines.configure(description)
        #expect(description.declarations.map(\.key) == ["path"])
        #expect(description.declarations[0].isRequired)
    }
}

/// What a reader finds who follows `contents.json`.
private func published(_ dataset: DatasetName, in folder: String) throws -> PublishedDataset? {
    guard let data = FileManager.default.contents(atPath: folder + "/contents.json") else { return nil }
    let contents = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    guard let name = (contents?["files"] as? [String: String])?[dataset.rawValue] else { return nil }
    let lines = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")).split(separator: 0x0A)
    let rows = try lines.map { try JSONDecoder().decode([String?].self, from: $0) }
    return PublishedDataset(columns: rows[0].compactMap { $0 }, rows: Array(rows.dropFirst()))
}
