import ConnectorTesting
import Foundation
import PipelineCore
import Testing

/// What a program wrote to its standard output; the test fails if the program does.
func output(of program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(program) failed")
    return text
}

/// Runs a Python script with arguments.
func python(_ script: String, _ arguments: String..., interpreter: String = "python3") throws -> String {
    try output(of: interpreter, ["-c", script] + arguments)
}

/// A dataset's files as DuckDB reads them, every value as text, with NULL and the empty text told apart; nil if there
/// are none.
func published(_ dataset: DatasetName, in folder: String) throws -> PublishedDataset? {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { $0 == "\(dataset).csv" || ($0.hasPrefix("\(dataset)-") && $0.hasSuffix(".csv")) }
    if files.isEmpty { return nil }
    let paths = files.sorted().map { "'\(folder)/\($0)'" }.joined(separator: ", ")
    let source = """
        read_csv([\(paths)], auto_detect=false, columns=getvariable('columns'), header=true, delim=',', quote='"', escape='"',
            nullstr='', allow_quoted_nulls=false, max_line_size=30000000, buffer_size=300000000, strict_mode=true)
        """
    let header = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(files.sorted()[0])")).prefix { $0 != 0x0A }
    let columns = String(decoding: header, as: UTF8.self).trimmingPrefix("\u{FEFF}").split(separator: ",").map(
        String.init
    )
    let types = columns.map { "'\($0.replacing("'", with: "''"))': 'VARCHAR'" }.joined(separator: ", ")
    let lines = try output(
        of: "duckdb",
        [
            "-batch", "-bail", "-noheader", "-list", "-c",
            "SET VARIABLE columns = {\(types)}; SELECT to_json(list_value(*COLUMNS(*))) FROM \(source)",
        ]
    )
    let rows = try lines.split(separator: "\n").map { try JSONDecoder().decode([String?].self, from: Data($0.utf8)) }
    return PublishedDataset(columns: columns, rows: rows)
}

/// A folder that goes away with the value's last use.
final class TemporaryFolder: Sendable {
    let path: String
    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/millrace-csv-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// All files below the folder with their contents.
    func contents() throws -> [String: Data] {
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        let files = names.compactMap { name in
            FileManager.default.contents(atPath: path + "/" + name).map { (name, $0) }
        }
        return Dictionary(uniqueKeysWithValues: files)
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)), as: UTF8.self)
    }

    func write(_ text: String, to name: String) throws {
        let url = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }
}
