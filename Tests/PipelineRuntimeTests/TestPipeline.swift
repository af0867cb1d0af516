import CSVExportPlugin
import ConnectorTesting
import DuckDBPlugin
import Foundation
import Gzip
import LocalFilesPlugin
import MaxMindPlugin
import PipelineConfig
import PipelineCore
import PipelineRuntime
import SQLitePlugin
import Testing
import UserAgentsPlugin

/// A whole pipeline of real parts in a directory of its own.
struct TestPipeline {
    let scratch: ScratchDirectory

    /// A pipeline by its config; relative paths start from the scratch directory.
    init(_ yaml: String) throws {
        scratch = try ScratchDirectory()
        try scratch.write(yaml, to: "millrace.yaml")
    }

    func open() throws -> Pipeline {
        let catalog = PipelineCatalog(
            lakes: [.local],
            engines: [.duckdb],
            files: [.files],
            receivers: [],
            sinks: [.sqlite, .csv]
        )
        let file = try ConfigFile.load(scratch.path("millrace.yaml"), catalog: catalog, environment: [:])
        let parsers = Parsers(
            userAgents: { try UAPParser(rulesPath: "/usr/share/uap-core/regexes.yaml") },
            locator: { try MaxMindLocator(path: $0) }
        )
        return try Pipeline(file, parsers: parsers, codings: [GzipCoding()])
    }

    /// Runs everything that is pending; fails the test if a part of the run failed.
    @discardableResult
    func run(_ targets: [String] = []) async throws -> RunReport {
        let report = try await open().run(
            PipelineRun.Options(targets: targets),
            makeWorkspace: { try LocalWorkspace(in: $0) }
        )
        let errors =
            report.sources.compactMap(\.error) + report.jobs.compactMap(\.error) + report.exports.compactMap(\.error)
        #expect(errors == [])
        return report
    }

    /// The rows of a query as canonical CSV.
    func rows(_ sql: String) async throws -> String {
        try await open().withRows(of: SQLText(sql)) { _, rows in
            var bytes: [UInt8] = []
            for try await chunk in rows { bytes += chunk.bytes }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The one number that a query gives.
    func number(_ sql: String) async throws -> Int {
        try #require(Int(try await rows(sql).trimmingCharacters(in: .whitespacesAndNewlines)))
    }
}

/// The folder of real data beside the project, or nil where there is none.
enum RealData {
    static let folder: String? = {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder =
            ProcessInfo.processInfo.environment["MILLRACE_SHARED_DATA"]
            ?? package.appending(path: "../shared/data").standardized.path
        return FileManager.default.fileExists(atPath: folder + "/ecom.csv.gz") ? folder : nil
    }()
    static let missing: Comment = "the folder of real data is not beside the project; MILLRACE_SHARED_DATA may name it"
}

/// The standard output of a program.
func output(of program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
}
