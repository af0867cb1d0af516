import ConnectorTesting
import Foundation
import Glibc
import Subprocess
import Testing

/// What is left of queries whose program was killed.
@Suite struct KilledEngineTests {
    /// Takes hours.
    private static let endless =
        "SELECT count(*) AS n FROM range(10000000) AS a(x), range(10000000) AS b(y) WHERE (x * y) % 7919 = 3"

    private let folder: ScratchDirectory
    private let millrace: Program

    init() throws {
        folder = try ScratchDirectory()
        try folder.write("lake: { use: local, path: lake }\nengine: { use: duckdb, threads: 1 }\n", to: "millrace.yaml")
        millrace = Program(directory: folder.path)
    }

    /// The processes that work in a session's directory.
    private func engines() throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { process in
            let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")
            return place?.hasPrefix(folder.path(".millrace/engine/")) == true
        }
    }

    private var sessions: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path(".millrace/engine"))) ?? []
    }

    private func wait(for condition: () throws -> Bool) async throws {
        for _ in 0..<1200 where try !condition() { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try condition())
    }

    @Test(
        "An engine dies with the program, and its files go with the next query; a query that goes on keeps its own",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv"), "util-linux is missing")
    )
    func isKilled() async throws {
        let query = ["sql", Self.endless]
        let other = try await millrace.start(query, stoppedBy: .kill) {
            try await wait { try engines().count == 1 && sessions.count == 1 }
            let living = sessions
            let killed = try await millrace.start(query, stoppedBy: .kill) {
                try await wait { try engines().count == 2 }
            }
            #expect(killed.code == nil)
            try await wait { try engines().count == 1 }
            #expect(sessions.count == 2)
            #expect(try await millrace("sql", "SELECT 1 AS n").output == "n\n1\n")
            #expect(sessions == living)
            #expect(try engines().count == 1)
        }
        #expect(other.code == nil)
        try await wait { try engines().isEmpty }
        #expect(try await millrace("sql", "SELECT 1 AS n").output == "n\n1\n")
        #expect(sessions.isEmpty)
    }

    @Test("An engine lives as long as its statement, however long the program's own threads have nothing to do")
    func livesOn() async throws {
        // A thread of a pool that is idle ends after five seconds or so.
        let answer = try await millrace("sql", Self.endless, stoppedBy: .terminate, after: .seconds(12))
        #expect(answer.errors == "millrace: stopped\n")
        #expect(answer.code == 1)
    }
}
