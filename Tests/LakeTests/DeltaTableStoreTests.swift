import ConnectorTesting
import Foundation
import PipelineCore
import Testing

@testable import Lake

@Suite("Tables with a Delta log")
struct DeltaTableStoreTests {
    private let lake: TestLake

    init() throws { lake = try TestLake() }

    @Test("A table that was never written does not exist")
    func noTable() async throws {
        #expect(try await lake.tables.tables().isEmpty)
        #expect(try await lake.tables.snapshot(of: "orders", at: nil) == nil)
        #expect(try await lake.tables.snapshot(of: "../etc", at: nil) == nil)
        #expect(try await lake.tables.history(of: "orders").isEmpty)
        _ = try await lake.tables.stage("orders", for: RunID(rawValue: "r1"))
        #expect(try await lake.tables.tables().isEmpty)
        #expect(try await lake.tables.snapshot(of: "orders", at: nil) == nil)
    }

    @Test("Versions are appended and replaced, and every one of them stays as it was")
    func versions() async throws {
        let tables = lake.tables
        let first = try await tables.load(.orders(), files: ["aa", "b"], cursors: ["web": 3], after: nil)
        lake.advance(.seconds(60))
        let second = try await tables.load(
            .orders(),
            files: ["ccc"],
            cursors: ["web": 5, "app": 0],
            after: 0,
            run: "r2"
        )
        lake.advance(.seconds(60))
        let third = try await tables.load(.orders(), .replace, files: ["dddd"], after: 1, run: "r3")
        #expect((first.version, second.version, third.version) == (0, 1, 2))
        #expect(second.cursors == ["web": 5, "app": 0])
        #expect(third.cursors == second.cursors)

        for tables in [tables, lake.tables] {
            #expect(try await tables.snapshot(of: "orders", at: nil)?.texts == ["dddd"])
            #expect(try await tables.snapshot(of: "orders", at: 0)?.texts == ["aa", "b"])
            #expect(try await tables.snapshot(of: "orders", at: 1)?.texts == ["aa", "b", "ccc"])
            #expect(try await tables.snapshot(of: "orders", at: 1)?.rowCount == 6)
            #expect(try await tables.snapshot(of: "orders", at: 0)?.cursors == ["web": 3])
            #expect(try await tables.snapshot(of: "orders", at: 3) == nil)
            #expect(try await tables.snapshot(of: "orders", at: -1) == nil)
            #expect(try await tables.snapshot(of: "orders", at: nil)?.definition == .orders())
            #expect(try await tables.tables() == ["orders"])
        }
        let history = try await lake.tables.history(of: "orders")
        #expect(history.map(\.version) == [0, 1, 2])
        #expect(history.map(\.operation) == ["APPEND", "APPEND", "REPLACE"])
        #expect(history.map(\.run?.rawValue) == ["r1", "r2", "r3"])
        #expect(history.map(\.rowCount) == [3, 6, 4])
        #expect(history.map(\.committedAt) == [first, second, third].map(\.committedAt))
        #expect(second.committedAt.microseconds - first.committedAt.microseconds == 60_000_000)
    }

    @Test("A log file says what the protocol wants, in a fixed order")
    func logFile() async throws {
        let statistics = ["id": ColumnStatistics(minimum: "1", maximum: "9", nullCount: 0)]
        let first = try await lake.tables.load(
            .orders(),
            files: ["a"],
            cursors: ["web": 7, "app": 1],
            after: nil,
            statistics: statistics
        )
        let run = first.files[0].path.split(separator: "/").dropLast().last ?? ""
        let time = lake.now.milliseconds
        let lines = try lake.log("orders", 0)
        #expect(
            lines.map { $0.prefix(12) } == [
                "{\"commitInfo", "{\"protocol\":", "{\"metaData\":", "{\"txn\":{\"app", "{\"txn\":{\"app",
                "{\"add\":{\"dat",
            ]
        )
        let info = try #require(
            try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: [String: Any]]
        )["commitInfo"]
        #expect(info?["operation"] as? String == "WRITE")
        #expect(info?["millraceRun"] as? String == "r1")
        #expect(info?["timestamp"] as? Int64 == time)
        #expect((info?["operationMetrics"] as? [String: String])?["numOutputRows"] == "1")
        #expect((info?["operationParameters"] as? [String: String])?["mode"] == "Append")
        #expect(lines[1] == #"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#)
        #expect(
            lines[2].contains(
                #""schemaString":"{\"fields\":[{\"metadata\":{},\"name\":\"id\",\"nullable\":false,\"type\":\"long\"},"#
            )
        )
        #expect(lines[3] == #"{"txn":{"appId":"app","lastUpdated":\#(time),"version":1}}"#)
        #expect(lines[4] == #"{"txn":{"appId":"web","lastUpdated":\#(time),"version":7}}"#)
        #expect(lines[5].contains(#""path":"\#(run)/part-0.parquet","size":1,"#))
        #expect(
            lines[5].contains(
                #"{\"maxValues\":{\"id\":9},\"minValues\":{\"id\":1},\"nullCount\":{\"id\":0},\"numRecords\":1}"#
            )
        )
        #expect(run.hasPrefix("run-r1-"))

        let second = try await lake.tables.load(.orders(), .replace, files: [], after: 0)
        #expect(second.files.isEmpty)
        let removal = try lake.log("orders", 1)
        #expect(removal.count == 2)
        #expect(
            removal[1].contains(
                #""remove":{"dataChange":true,"deletionTimestamp":\#(time),"extendedFileMetadata":true"#
            )
        )
        #expect(removal[0].contains(#""readVersion":0"#))
    }

    @Test("Only the columns' owner decides: an append extends them, a replacement sets them")
    func evolution() async throws {
        let tables = lake.tables
        let address = DataType.structure([Field("city", .varchar), Field("zip", .varchar, description: "Postal code")])
        var fields = [Field("id", .bigint, isNullable: false, description: "The number"), Field("to", address)]
        try await tables.load(.orders(fields), files: ["a"], after: nil)
        fields.insert(Field("amount", .decimal(precision: 18, scale: 2), isNullable: false), at: 1)
        let second = try await tables.load(.orders(fields), files: ["b"], after: 0)
        #expect(second.definition.schema.names == ["id", "amount", "to"])
        #expect(second.definition.schema["amount"]?.isNullable == true, "rows before have none")
        #expect(try lake.log("orders", 1).contains { $0.contains("metaData") })

        try await tables.load(.orders(fields), files: ["c"], after: 1)
        #expect(try !lake.log("orders", 2).contains { $0.contains("metaData") }, "nothing changed")

        let fewer = try await tables.load(.orders([Field("id", .bigint, isNullable: false)]), files: ["d"], after: 2)
        #expect(Set(fewer.definition.schema.names) == ["id", "amount", "to"])

        var described = DatasetDefinition.orders(fields)
        described.schema.fields[0].description = "The order's number"
        described.summary = "Other words."
        described.key = []
        let fourth = try await tables.load(described, files: ["e"], after: 3)
        #expect(fourth.definition.schema["id"]?.description == "The order's number")
        #expect(fourth.definition.summary == "Other words.")
        #expect(fourth.definition.key.isEmpty)
        #expect(try await lake.tables.snapshot(of: "orders", at: nil)?.definition == fourth.definition)

        let others = [Field("id", .varchar, isNullable: false)]
        let refused = await #expect(throws: PipelineError.self) {
            try await tables.load(.orders(others), files: ["f"], after: 4)
        }
        #expect(refused?.code == .schemaMismatch)
        #expect(refused?.message.contains("'id'") == true)
        let member = [Field("to", .structure([Field("city", .bigint), Field("zip", .varchar)]))]
        await #expect(throws: PipelineError.self) { try await tables.load(.orders(member), files: ["f"], after: 4) }

        let replaced = try await tables.load(.orders(others), .replace, files: ["f"], after: 4)
        #expect(replaced.definition == .orders(others))
        #expect(try await lake.tables.snapshot(of: "orders", at: 4)?.definition == fourth.definition)
    }

    @Test("Every type of the lake comes back as it went")
    func types() async throws {
        let all: [Field] = [
            Field("a", .boolean), Field("b", .integer), Field("c", .bigint), Field("d", .double),
            Field("e", .decimal(precision: 38, scale: 9)), Field("f", .varchar), Field("g", .date),
            Field("h", .timestamptz),
            Field("i", .list(.varchar)),
            Field("j", .list(.structure([Field("x", .date, isNullable: false, description: "\"ü\"\n")]))),
            Field(
                "k",
                .structure([
                    Field("x", .list(.decimal(precision: 4, scale: 0))), Field("y", .structure([Field("z", .double)])),
                ])
            ),
        ]
        try await lake.tables.load(.orders(all), files: ["a"], after: nil)
        #expect(try await lake.tables.snapshot(of: "orders", at: nil)?.definition.schema == Schema(all))
    }

    @Test("Names that other readers cannot store are refused before anything is written")
    func names() async throws {
        for name in ["a b", "a,b", "a=b", "", "a\nb"] {
            let error = await #expect(throws: PipelineError.self) {
                try await lake.tables.load(.orders([Field(name, .bigint)]), files: ["a"], after: nil)
            }
            #expect(error?.code == .schemaMismatch)
        }
        await #expect(throws: PipelineError.self) {
            try await lake.tables.load(.orders([Field("a", .bigint), Field("A", .bigint)]), files: ["a"], after: nil)
        }
        await #expect(throws: PipelineError.self) {
            try await lake.tables.load(
                .orders([Field("s", .structure([Field("x y", .bigint)]))]),
                files: ["a"],
                after: nil
            )
        }
        await #expect(throws: PipelineError.self) { _ = try await lake.tables.stage("../x", for: RunID(rawValue: "r")) }
        #expect(try await lake.tables.tables().isEmpty)
    }

    @Test("Of many who commit at once, one wins each version and nothing is lost")
    func racingCommits() async throws {
        try await lake.tables.load(.orders(), files: ["0"], after: nil)
        try await withThrowingTaskGroup { group in
            for task in 1...8 {
                group.addTask { [lake] in
                    let tables = lake.tables
                    while true {
                        let version = try await tables.snapshot(of: "orders", at: nil)?.version
                        do {
                            try await tables.load(.orders(), files: ["\(task)"], after: version)
                            return
                        } catch let error as PipelineError where error.code == .conflict {
                            #expect(error.recovery == .retry(after: nil))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let snapshot = try #require(try await lake.tables.snapshot(of: "orders", at: nil))
        #expect(snapshot.version == 8)
        #expect(try snapshot.texts == (0...8).map(String.init))
    }

    @Test("A change computed from another version is refused")
    func conflicts() async throws {
        try await lake.tables.load(.orders(), files: ["a"], after: nil)
        for version in [nil, 1, 7] as [Int64?] {
            let error = await #expect(throws: PipelineError.self) {
                try await lake.tables.load(.orders(), files: ["b"], after: version)
            }
            #expect(error?.code == .conflict)
        }
        await #expect(throws: PipelineError.self) {
            try await lake.tables.load(.orders(), files: ["b"], cursors: ["web": 3], after: 0)
            try await lake.tables.load(.orders(), files: ["c"], cursors: ["web": 2], after: 1)
        }
        #expect(try await lake.tables.snapshot(of: "orders", at: nil)?.cursors == ["web": 3])
    }

    @Test("Staged files are what the engine said, or nothing is published")
    func stagedFiles() async throws {
        let tables = lake.tables
        let directory = try await tables.stage("orders", for: RunID(rawValue: "2026-11-21T07:31:17/é"))
        #expect(try await tables.stage("orders", for: RunID(rawValue: "2026-11-21T07:31:17/é")) != directory)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        try Data("abc".utf8).write(to: URL(fileURLWithPath: directory + "/f.parquet"))
        func commit(_ file: StagedFile, after version: Int64? = nil) async throws {
            let run = RunID(rawValue: "r")
            _ = try await tables.commit(
                TableChange(definition: .orders(), mode: .append, files: [file], readVersion: version, run: run)
            )
        }
        func file(_ path: String, size: Int64 = 3, nulls: Int64 = 0) -> StagedFile {
            let statistics = ["id": ColumnStatistics(minimum: nil, maximum: nil, nullCount: nulls)]
            return StagedFile(path: path, size: size, rowCount: 2, statistics: statistics)
        }
        await #expect(throws: PipelineError.self) { try await commit(file(directory + "/f.parquet", size: 4)) }
        await #expect(throws: PipelineError.self) { try await commit(file(directory + "/g.parquet")) }
        await #expect(throws: PipelineError.self) { try await commit(file("/etc/passwd")) }
        let nulls = await #expect(throws: PipelineError.self) {
            try await commit(file(directory + "/f.parquet", nulls: 1))
        }
        #expect(nulls?.code == .schemaMismatch)
        #expect(try await lake.tables.tables().isEmpty)
        try await commit(file(directory + "/f.parquet"))
        await #expect(throws: PipelineError.self) { try await commit(file(directory + "/f.parquet"), after: 0) }
        #expect(try await tables.snapshot(of: "orders", at: nil)?.files.map(\.path) == [directory + "/f.parquet"])
    }

    @Test("A change that changes nothing makes no version, and files without rows are not published")
    func nothingToDo() async throws {
        try await lake.tables.load(.orders(), files: ["a", ""], cursors: ["web": 1], after: nil)
        let same = try await lake.tables.load(.orders(), files: [""], cursors: ["web": 1], after: 0)
        #expect(same.version == 0)
        #expect(same.files.count == 1)
        let cursor = try await lake.tables.load(.orders(), files: [], cursors: ["web": 2], after: 0)
        #expect(cursor.version == 1)
        #expect(cursor.rowCount == 1)
    }

    @Test("A vacuum takes what no version within the grace holds, and nothing else")
    func vacuum() async throws {
        let tables = lake.tables
        lake.advance(.seconds(86_400))
        try await tables.load(.orders(), files: ["old"], after: nil)
        try await tables.load(.orders(), .replace, files: ["newer"], after: 0)
        let abandoned = try await tables.stage("orders", for: RunID(rawValue: "dead"))
        try Data("orphan".utf8).write(to: URL(fileURLWithPath: abandoned + "/f.parquet"))
        lake.advance(.seconds(7200))
        try await tables.load(.orders(), .replace, files: ["newest"], after: 1)

        #expect(try await tables.vacuum("orders", grace: .seconds(86_400 * 9)) == (files: 0, bytes: 0))
        // Version 0 ended three hours ago, version 1 just now.
        let (files, bytes) = try await lake.tables.vacuum("orders", grace: .seconds(3600))
        #expect(files == 2)
        #expect(bytes == 9)
        #expect(try await tables.snapshot(of: "orders", at: nil)?.texts == ["newest"])
        #expect(try await tables.snapshot(of: "orders", at: 1)?.texts == ["newer"])
        #expect(throws: (any Error).self) { try String(contentsOfFile: abandoned + "/f.parquet", encoding: .utf8) }
        #expect(try lake.log("orders", 0).count > 2)

        lake.advance(.seconds(7200))
        #expect(try await lake.tables.vacuum("orders", grace: .seconds(3600)).files == 1)
        #expect(try await tables.snapshot(of: "orders", at: nil)?.texts == ["newest"])
        #expect(!FileManager.default.fileExists(atPath: abandoned), "an empty directory goes too")
        #expect(try await tables.history(of: "orders").count == 3)
    }

    @Test("Staged files younger than the grace outlive a vacuum, with and without a table")
    func vacuumSparesRuns() async throws {
        let directory = try await lake.tables.stage("orders", for: RunID(rawValue: "running"))
        try Data("x".utf8).write(to: URL(fileURLWithPath: directory + "/f.parquet"))
        lake.advance(.seconds(60))
        #expect(try await lake.tables.vacuum("orders", grace: .seconds(3600)).files == 0)
        lake.advance(.seconds(7200))
        #expect(try await lake.tables.vacuum("orders", grace: .seconds(3600)).files == 1)
    }
}
