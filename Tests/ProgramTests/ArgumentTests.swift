import ConnectorTesting
import Foundation
import Testing

/// What the program says to wrong arguments and wrong configs.
@Suite struct ArgumentTests {
    @Test(
        "The help of every command shows examples, none of them broken by the width of the page, below full lines",
        arguments: [
            "init", "check", "run", "status", "runs", "sql", "tables", "preview", "simulate", "vacuum", "doctor",
        ]
    )
    func helps(_ command: String) async throws {
        let folder = try ScratchDirectory()
        let help = try await Program(directory: folder.path)("help", command)
        #expect(help.code == 0)
        let lines = help.output.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "EXAMPLES"))
        let examples = lines[(start + 1)...].prefix { !$0.isEmpty }
        #expect(!examples.isEmpty && examples.allSatisfy { $0.hasPrefix("  ") && $0.contains("millrace ") })
        #expect(try await Program(directory: folder.path)("--help").output.contains("\n  \(command) "))
        // A line ends where the next word has no room: what is broken in the source too has short lines in between.
        for (line, next) in zip(lines[..<start], lines[..<start].dropFirst()) where !line.isEmpty && !next.isEmpty {
            #expect(line.count + 1 + next.prefix { $0 != " " }.count >= 80, "\(line)")
        }
    }

    @Test(
        "Wrong arguments end with 2 and say what would be right",
        arguments: [
            (["rnu"], "did you mean 'run'?"),
            (["run", "--fulll"], "--full"),
            (["run", "slaes"], "did you mean 'sales'?"),
            (["run", "nothing-like-it"], "there are: clicks, orders, clickstream, sales, local, powerbi"),
            (["sql", "--format", "xml", "SELECT 1"], "'csv'"),
            (["runs", "none"], "`millrace runs` lists them"),
            (["simulate", "--output", "x", "--days", "0"], "--days must be from 1"),
            (
                ["simulate", "--output", "x", "--days", "1", "--events", "999999999999999999"],
                "--events must be from 1 to"
            ),
            (["simulate", "--output", "x", "--days", "-1"], "--days must be from 1"),
            (["simulate", "--output", "x", "--events", "-5"], "--events must be from 1 to"),
            (["simulate", "--output", "x", "--start", "2026-02-30"], "--start must be a day"),
            (["runs", "--limit", "-3"], "--limit must be at least 1"),
            (["preview", "--rows", "-1"], "--rows must be from 0"),
            (["vacuum", "--grace-hours", "-1"], "--grace-hours must be at least 1"),
            (["vacuum", "--grace-hours", "0"], "--grace-hours must be at least 1"),
            (["vacuum", "--grace-hours", "9999999999999999"], "--grace-hours must be at most 87600"),
            (["init", ""], "Which directory?"),
            (["check", "-c", "nowhere.yaml"], "nowhere.yaml: the config file does not exist"),
        ]
    )
    func corrects(_ arguments: [String], _ cure: String) async throws {
        let shop = try Shop()
        let answer = try await shop.millrace.start(arguments)
        #expect(answer.code == 2)
        #expect(answer.output.isEmpty)
        #expect(answer.errors.contains(cure), "\(answer.errors)")
    }

    @Test("Where nothing can be written, the path is named, with what to do")
    func cannotWrite() async throws {
        let folder = try ScratchDirectory()
        try folder.write("lake: { use: local, path: lake }\nstate: file\n", to: "millrace.yaml")
        try folder.write("", to: "file")
        for (command, problem, cure) in [
            (["simulate", "--output", "file"], "file failed: Not a directory", "name a directory that can be written"),
            (["init", "file"], "file cannot be written: ", "name another directory"),
            (["run"], "file is not there and cannot be made", "set `state:` to another one"),
            (["sql", "SELECT 1 AS n"], "file/engine", "set `state:` to a directory"),
        ] {
            let answer = try await Program(directory: folder.path).start(command)
            #expect(answer.code == 1)
            #expect(answer.errors.contains(problem) && answer.errors.contains(cure), "\(answer.errors)")
            #expect(!answer.errors.contains("NSCocoaErrorDomain"))
        }
    }

    @Test("Every mistake of a config is told at once, with its place, before anything is touched")
    func checks() async throws {
        let folder = try ScratchDirectory()
        try folder.write(
            """
            lake: { use: locl, path: lake }
            sources:
              a: { use: files, pth: x.csv, table: a }
            jobs:
              b: { use: sql, query: b.sql, into: b, after: [c] }
            exports:
              d: { use: csv, flavor: powerbi, path: d, datasets: [e] }

            """,
            to: "shop.yaml"
        )
        for command in ["check", "run", "status", "tables"] {
            let answer = try await Program(directory: folder.path)(command, "-c", "shop.yaml")
            #expect(answer.code == 2)
            let lines = answer.errors.split(separator: "\n")
            for start in ["1:14: lake.use:", "3:20: sources.a.pth:", "5:25: jobs.b.query:", "7:26: exports.d.flavor:"] {
                #expect(lines.contains { $0.hasPrefix("shop.yaml:\(start)") }, "\(answer.errors)")
            }
        }
        #expect(folder.files() == ["shop.yaml"])
    }

    @Test("A first config is complete, and never written over another")
    func begins() async throws {
        let folder = try ScratchDirectory()
        let millrace = Program(directory: folder.path)
        let made = try await millrace("init", "shop")
        #expect(made.code == 0)
        #expect(made.output.contains("cd shop && millrace simulate --output drop && millrace run"))
        #expect(try await Program(directory: folder.path("shop"))("check").output.contains("ok, 1 source, 2 jobs"))
        try folder.write("# mine\n", to: "shop/millrace.yaml")
        let again = try await millrace("init", "shop")
        #expect(again.code == 2 && again.errors.contains("shop/millrace.yaml is there already"))
        #expect(try folder.read("shop/millrace.yaml") == "# mine\n")
        #expect(try await Program(directory: folder.path("shop"))("init").code == 2)
    }

    @Test("Simulated traffic is the same for the same seed, and other for another")
    func simulates() async throws {
        let folder = try ScratchDirectory()
        let millrace = Program(directory: folder.path)
        for (name, seed) in [("a", "7"), ("b", "7"), ("c", "8")] {
            let size = ["--days", "2", "--events", "100"]
            let answer = try await millrace.start(["simulate", "--output", name, "--seed", seed, "--plain"] + size)
            #expect(answer.code == 0)
        }
        let files = folder.files().filter { $0.hasPrefix("a/") }
        #expect(!files.isEmpty)
        for file in files {
            #expect(try folder.read(file) == folder.read(file.replacing("a/", with: "b/")))
        }
        let other = folder.files().filter { $0.hasPrefix("c/") }
        #expect(try files.map { try folder.read($0) } != other.map { try folder.read($0) })
    }
}
