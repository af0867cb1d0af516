import CSVExportPlugin
import ConnectorTesting
import Foundation
import PipelineCore
import Testing

@Suite("The CSV sink")
struct CSVConformanceTests {
    @Test("It keeps every promise of a sink, as DuckDB sees it", arguments: CSVFlavor.allCases)
    func conformance(flavor: CSVFlavor) async throws {
        await SinkConformance(shown: { Self.shown($0, $1, flavor) }) {
            let folder = try TemporaryFolder()
            let sink = CSVSink(path: folder.path + "/new/export", options: CSVOptions(flavor: flavor))
            return .init(sink: sink) { dataset in
                let path = folder.path + "/new/export"
                return FileManager.default.fileExists(atPath: path) ? try published(dataset, in: path) : nil
            }
        }.run()
    }

    /// What the README says of how values are written.
    private static func shown(_ field: Field, _ value: String, _ flavor: CSVFlavor) -> String? {
        switch (field.type, flavor) {
        case (.date, .dataStudio): value.replacing("-", with: "")
        case (.timestamptz, .dataStudio): String(value.filter(\.isNumber).prefix(14))
        case (.timestamptz, .powerBI): String(value.dropLast(3)).replacing(" ", with: "T")
        case (.timestamptz, .tableau): String(value.dropLast(3))
        case (.varchar, .dataStudio):
            value.replacing("\r\n", with: " ").replacing("\n", with: " ").replacing("\r", with: " ")
        default: value
        }
    }
}
