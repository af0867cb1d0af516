import Foundation
import PipelineCore
import PostgresPlugin
import Synchronization
import Testing

/// A server of the tests' own, in a folder of its own.
final class PostgresServer: Sendable {
    /// The one that most tests share; it ends with their process.
    static let shared = Task {
        let folder = FileManager.default.temporaryDirectory.path + "/millrace-postgres-\(getpid())"
        let server = PostgresServer(folder: folder)
        try await server.start()
        return server
    }

    let folder: String
    private let process = Mutex<Process?>(nil)

    init(folder: String) { self.folder = folder }

    /// What `use: postgres` takes as its `url`.
    var url: String { "host=\(folder) user=postgres dbname=postgres" }

    /// Starts the server and waits until it answers.
    func start() async throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Tools/servers/postgres").path
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/bin/bash")
        server.arguments = [script, folder]
        // It ends with us: nobody else holds the other end.
        server.standardInput = Pipe()
        try server.run()
        process.withLock { $0 = server }
        for _ in 0..<300 {
            if try psql("SELECT 1", mustSucceed: false) == "1\n" { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the server does not start; see \(folder)/server.log")
    }

    /// What psql prints, unaligned and without headers.
    @discardableResult
    func psql(_ sql: String, mustSucceed: Bool = true) throws -> String {
        let psql = Process()
        psql.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        psql.arguments = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]
        let (output, errors) = (Pipe(), Pipe())
        psql.standardOutput = output
        psql.standardError = errors
        try psql.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        psql.waitUntilExit()
        if mustSucceed { try #require(psql.terminationStatus == 0, "\(sql): \(complaint)") }
        return text
    }

    /// A table as psql sees it, every value as text, columns in the order of the catalog; nil where it does not exist.
    func table(_ name: String, in schema: String) throws -> PublishedTable? {
        let listing = """
            SELECT coalesce(json_agg(attname ORDER BY position, attnum), '[]') FROM pg_attribute
            LEFT JOIN \(schema)._millrace ON dataset = '\(name)' AND "column" = attname
            WHERE attrelid = to_regclass('\(schema).\(name)') AND attnum > 0 AND NOT attisdropped
            """
        let exists = try psql("SELECT to_regclass('\(schema).\(name)') IS NOT NULL") == "t\n"
        guard exists else { return nil }
        let columns = try JSONDecoder().decode([String].self, from: Data(psql(listing).utf8))
        let values = columns.map { "\"\($0)\"::text" }.joined(separator: ", ")
        let sql = "SELECT coalesce(json_agg(json_build_array(\(values))), '[]') FROM \(schema).\(name)"
        let rows = try JSONDecoder().decode([[String?]].self, from: Data(psql("SET TimeZone = 'UTC'; \(sql)").utf8))
        return PublishedTable(columns: columns, rows: rows)
    }
}

struct PublishedTable: Equatable {
    let columns: [String]
    let rows: [[String?]]
}
