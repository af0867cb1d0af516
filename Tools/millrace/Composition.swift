import ArgumentParser
import CSVExportPlugin
import DuckDBPlugin
import Foundation
import Gzip
import HTTPCollectorPlugin
import LocalFilesPlugin
import MaxMindPlugin
import PipelineConfig
import PipelineCore
import PipelineRuntime
import PostgresPlugin
import SQLitePlugin
import UserAgentsPlugin

/// The one place that knows which plugins there are.
enum Composition {
    static let catalog = PipelineCatalog(
        lakes: [.local],
        engines: [.duckdb],
        files: [.files],
        receivers: [.http],
        sinks: [.sqlite, .postgres, .csv]
    )

    /// The first is what collectors land in: at this level twice as fast as at the default, for a fifth more bytes.
    static let codings: [any ContentCoding] = [GzipCoding(level: 1)]

    static let receiverLogs: ReceiverLog.Search = { try await HTTPCollector.logs(in: $0) }

    static let parsers = Parsers(
        userAgents: { try UAPParser(rulesPath: userAgentRules) },
        locator: { try MaxMindLocator(path: $0) }
    )

    /// Where uap-core's rules are: `$MILLRACE_UA_RULES`, else where Debian's package puts them.
    static var userAgentRules: String {
        ProcessInfo.processInfo.environment["MILLRACE_UA_RULES"] ?? "/usr/share/uap-core/regexes.yaml"
    }

    static func workspace(in parent: String) throws -> any Workspace {
        LocalWorkspace.sweep(parent)
        return try LocalWorkspace(in: parent)
    }

    /// A workspace outside of the pipeline's own, for commands that only look.
    static func temporaryWorkspace() throws -> any Workspace { try LocalWorkspace(in: scratch) }

    /// A directory for short-lived files that no other user of the machine has.
    static var scratch: String { "\(FileManager.default.temporaryDirectory.path)/millrace-\(getuid())" }
}

/// The option `-c FILE`, and what it opens.
struct ConfigOption: ParsableArguments {
    static let standard = "millrace.yaml"

    @Option(name: [.customShort("c"), .long], help: ArgumentHelp("The config file.", valueName: "file"))
    var config = Self.standard

    func file() throws -> ConfigFile {
        try ConfigFile.load(config, catalog: Composition.catalog, environment: ProcessInfo.processInfo.environment)
    }

    func pipeline() throws -> Pipeline {
        try Pipeline(
            try file(),
            parsers: Composition.parsers,
            codings: Composition.codings,
            receiverLogs: Composition.receiverLogs
        )
    }
}

/// Prints a value as one line of JSON with keys in snake_case; those of dictionaries are names, and stay.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
