import ConnectorTesting
import Foundation
import PipelineCore
import Testing

@testable import LocalFilesPlugin

@Suite("Globs")
struct GlobTests {
    private let scratch: ScratchDirectory
    private static let files = [
        "a.csv", "b.csv", "ab.csv", "A.csv", "a.csv.gz", "1.csv", "[x].csv", "{x}.csv", "é.csv", ".hidden.csv",
        "sub/a.csv",
        "sub/b.json", "sub/deep/a.csv", "sub/deep/er/a.csv", ".git/a.csv", "sub/.cache/a.csv", "like.csv/inner.csv",
    ]

    init() throws {
        scratch = try ScratchDirectory()
        for file in Self.files { try scratch.write("x", to: file) }
    }

    private func matches(_ pattern: String) throws -> [String] {
        try Glob(pattern).matches(from: scratch.path).map(\.path)
    }

    private func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: scratch.path(name), withDestinationPath: target)
    }

    @Test(
        "Wildcards match what they say",
        arguments: [
            ("a.csv", ["a.csv"]), ("./a.csv", ["a.csv"]), ("sub//a.csv", ["sub/a.csv"]), ("none.csv", []),
            ("*.csv", ["1.csv", "A.csv", "[x].csv", "a.csv", "ab.csv", "b.csv", "{x}.csv", "é.csv"]),
            ("?.csv", ["1.csv", "A.csv", "a.csv", "b.csv", "é.csv"]), ("a*.csv", ["a.csv", "ab.csv"]),
            ("a*", ["a.csv", "a.csv.gz", "ab.csv"]), ("*a*b*", ["ab.csv"]),
            ("[a-z].csv", ["a.csv", "b.csv"]), ("[!a-z].csv", ["1.csv", "A.csv", "é.csv"]), ("[^a-z]*.gz", []),
            ("[ab]*.csv", ["a.csv", "ab.csv", "b.csv"]), ("[[]x].csv", ["[x].csv"]), ("[[]x[]].csv", ["[x].csv"]),
            ("[x].csv", []), ("[!]a].csv", ["1.csv", "A.csv", "b.csv", "é.csv"]), ("[]1-].csv", ["1.csv"]),
            ("{a,b}.csv", ["a.csv", "b.csv"]), ("{a,b}.{csv,csv.gz}", ["a.csv", "a.csv.gz", "b.csv"]),
            ("{a,{b,1}}.csv", ["1.csv", "a.csv", "b.csv"]), ("a{,b}.csv", ["a.csv", "ab.csv"]),
            ("{a,a,[a]}.csv", ["a.csv"]), ("{sub/deep,sub}/a.csv", ["sub/a.csv", "sub/deep/a.csv"]),
            ("{sub,none}/a.csv", ["sub/a.csv"]), ("{none}/*.csv", []),
            ("*/*.csv", ["like.csv/inner.csv", "sub/a.csv"]),
            ("sub/**/a.csv", ["sub/a.csv", "sub/deep/a.csv", "sub/deep/er/a.csv"]),
            ("sub/**", ["sub/a.csv", "sub/b.json", "sub/deep/a.csv", "sub/deep/er/a.csv"]),
            ("**/**/er/*", ["sub/deep/er/a.csv"]), ("**/d*/**/*.csv", ["sub/deep/a.csv", "sub/deep/er/a.csv"]),
            (".*.csv", [".hidden.csv"]), (".git/*", [".git/a.csv"]), ("sub/.*/*", ["sub/.cache/a.csv"]),
            ("sub/../a.csv", ["sub/../a.csv"]),
        ] as [(String, [String])]
    )
    func patterns(pattern: String, expected: [String]) throws {
        #expect(try matches(pattern) == expected.sorted())
    }

    @Test("A relative pattern gives relative paths, an absolute one absolute paths, to the same files")
    func absolute() throws {
        let relative = try matches("sub/**/*.csv")
        #expect(relative.first == "sub/a.csv")
        #expect(try matches(scratch.path("sub/**/*.csv")) == relative.map(scratch.path))
    }

    @Test("Links to files and folders are followed, and one that leads nowhere is passed over")
    func links() throws {
        try link("file-link.txt", to: "a.csv")
        try link("folder-link", to: "sub/deep")
        try link("dangling.txt", to: "none.txt")
        try link("itself.txt", to: "itself.txt")
        try link("root-link", to: scratch.path("sub"))
        #expect(try matches("*.txt") == ["file-link.txt"])
        #expect(try matches("folder-link/*") == ["folder-link/a.csv"])
        #expect(try matches("root-link/**/*.csv").count == 3)
        #expect(try matches("**/er/a.csv") == ["folder-link/er/a.csv", "root-link/deep/er/a.csv", "sub/deep/er/a.csv"])
    }

    @Test("Links that lead round in circles are walked once", .timeLimit(.minutes(5)))
    func circles() throws {
        try link("sub/up", to: "..")
        try link("sub/deep/here", to: ".")
        try link("sub/deep/er/top", to: scratch.path("sub"))
        try link("sub/deep/down", to: "er")
        #expect(
            try matches("sub/**/a.csv") == [
                "sub/a.csv", "sub/deep/a.csv", "sub/deep/down/a.csv", "sub/deep/er/a.csv", "sub/up/a.csv",
            ]
        )
    }

    @Test("What is no file is none of the files")
    func otherKinds() throws {
        #expect(unsafe mkfifo(scratch.path("pipe.csv"), 0o644) == 0)
        #expect(try !matches("*.csv").contains { $0 == "pipe.csv" || $0 == "like.csv" })
    }

    @Test("Two names that differ only in how an accent is spelled are told, since the ledger takes them for one")
    func accents() throws {
        try scratch.write("x", to: "e\u{301}t\u{E9}.txt")
        #expect(try matches("*.txt").map { Array($0.utf8) } == [Array("e\u{301}t\u{E9}.txt".utf8)])
        try scratch.write("x", to: "\u{E9}t\u{E9}.txt")
        #expect { try matches("*.txt") } throws: { ($0 as? PipelineError)?.code == .conflict }
    }
}
