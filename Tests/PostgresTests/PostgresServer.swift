import Foundation
import Glibc
import PipelineCore
import Subprocess
import Synchronization
import SystemPackage
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
    private let ending = Mutex<(end: AsyncStream<Void>.Continuation, script: Task<Void, any Error>)?>(nil)

    init(folder: String) { self.folder = folder }

    /// What `use: postgres` takes as its `url`.
    var url: String { "host=\(folder) user=postgres dbname=postgres" }

    /// Starts the server and waits until it answers.
    func start() async throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Tools/servers/postgres").path
        let (end, endIsNear) = AsyncStream.makeStream(of: Void.self)
        let script = Task { [folder] in
            // It ends with us: nobody else holds the other end of its input.
            _ = try await run(
                .path("/bin/bash"),
                arguments: [path, folder],
                input: .inputWriter,
                output: .discarded,
                error: .discarded
            ) { _ in for await _ in end {} }
        }
        ending.withLock { $0 = (endIsNear, script) }
        for _ in 0..<300 {
            if try await psql("SELECT 1", mustSucceed: false) == "1\n" { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the server does not start; see \(folder)/server.log")
    }

    /// Kills the server and all that serve its connections, as a machine that loses power does.
    func kill() async {
        let file = URL(fileURLWithPath: folder + "/data/postmaster.pid")
        guard let text = try? String(contentsOf: file, encoding: .utf8),
            let server = text.split(separator: "\n").first.flatMap({ Int32($0) })
        else { return }
        Glibc.kill(server, SIGKILL)
        let script = ending.withLock { ending in
            ending?.end.finish()
            return ending?.script
        }
        _ = await script?.result
    }

    /// What psql prints, unaligned and without headers.
    @discardableResult
    func psql(_ sql: String, mustSucceed: Bool = true) async throws -> String {
        let result = try await run(
            .path("/usr/bin/psql"),
            arguments: ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql],
            output: .string(limit: 1 << 26),
            error: .string(limit: 1 << 20)
        )
        if mustSucceed { try #require(result.terminationStatus.isSuccess, "\(sql): \(result.standardError)") }
        return result.standardOutput
    }

    /// A table as psql sees it, every value as text, columns in the order of the catalog; nil where it does not exist.
    func table(_ name: String, in schema: String) async throws -> PublishedTable? {
        let listing = """
            SELECT coalesce(json_agg(attname ORDER BY position, attnum), '[]') FROM pg_attribute
            LEFT JOIN \(schema)._millrace ON dataset = '\(name)' AND "column" = attname
            WHERE attrelid = to_regclass('\(schema).\(name)') AND attnum > 0 AND NOT attisdropped
            """
        let exists = try await psql("SELECT to_regclass('\(schema).\(name)') IS NOT NULL") == "t\n"
        guard exists else { return nil }
        let columns = try JSONDecoder().decode([String].self, from: Data(await psql(listing).utf8))
        let values = columns.map { "\"\($0)\"::text" }.joined(separator: ", ")
        let sql = "SELECT coalesce(json_agg(json_build_array(\(values))), '[]') FROM \(schema).\(name)"
        let rows = try JSONDecoder().decode(
            [[String?]].self,
            from: Data(await psql("SET TimeZone = 'UTC'; \(sql)").utf8)
        )
        return PublishedTable(columns: columns, rows: rows)
    }
}

struct PublishedTable: Equatable {
    let columns: [String]
    let rows: [[String?]]
}
