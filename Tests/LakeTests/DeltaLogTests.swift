import ConnectorTesting
import Foundation
import PipelineCore
import Testing

@testable import Lake

@Suite("Logs that others have written or damaged")
struct DeltaLogTests {
    private let lake: TestLake

    init() throws { lake = try TestLake() }

    private func refusal(at version: Int64? = nil) async -> PipelineError? {
        await #expect(throws: PipelineError.self) { _ = try await lake.tables.snapshot(of: "orders", at: version) }
    }

    private static let foreignAdd =
        #"{"add":{"path":"part%20one.parquet","partitionValues":{},"size":5,"modificationTime":1,"dataChange":false,"tags":{"x":"y"},"#
        + #""baseRowId":7,"stats":"{\"numRecords\":5,\"minValues\":{\"id\":1},\"tightBounds\":true}","clusteringProvider":"z"}}"#

    @Test("A commit tells the program's version, and that a replacement is no blind append")
    func commitInfo() async throws {
        try await lake.tables.load(.orders(), .replace, files: ["a"], after: nil)
        let replaced = try lake.log("orders", 0).joined()
        #expect(replaced.contains(#""mode":"Overwrite""#) && replaced.contains(#""isBlindAppend":false"#))
        #expect(replaced.contains(#""engineInfo":"Millrace/\#(Product.version)""#))
        let others = DatasetDefinition(name: "others", summary: "", schema: Schema([Field("id", .bigint)]))
        try await lake.tables.load(others, files: ["a"], after: nil)
        #expect(try lake.log("others", 0).joined().contains(#""isBlindAppend":true"#))
    }

    @Test("What other writers add in words we do not know is read past")
    func foreignActions() async throws {
        try await lake.tables.load(.orders(), files: ["aaa"], cursors: ["web": 1], after: nil)
        try lake.writeLog(
            "orders",
            1,
            [
                #"{"commitInfo":{"timestamp":1,"operation":"OPTIMIZE","operationParameters":{"zOrderBy":["id"],"n":5},"tool":{"a":1}}}"#,
                "", Self.foreignAdd, #"{"domainMetadata":{"domain":"d","configuration":"{}","removed":false}}"#,
                #"{"cdc":{"path":"x"}}"#,
                #"{"txn":{"appId":"spark","version":12}}"#, "",
            ]
        )
        let snapshot = try #require(try await lake.tables.snapshot(of: "orders", at: nil))
        #expect(snapshot.rowCount == 8)
        #expect(snapshot.size == 8)
        #expect(snapshot.files.contains { $0.path.hasSuffix("/orders/part one.parquet") })
        #expect(snapshot.cursors == ["web": 1, "spark": 12])
        #expect(
            snapshot.committedAt == (try await lake.tables.snapshot(of: "orders", at: 0))?.committedAt,
            "a clock that is behind"
        )
        #expect(try await lake.tables.history(of: "orders").map(\.operation) == ["APPEND", "OPTIMIZE"])

        let replaced = try await lake.tables.load(.orders(), .replace, files: ["b"], after: 1)
        #expect(replaced.rowCount == 1)
        #expect(try lake.log("orders", 2).contains { $0.contains(#""path":"part%20one.parquet""#) })
        try lake.writeLog("orders", 3, [#"{"remove":{"path":"gone.parquet","dataChange":true}}"#])
        #expect(try await lake.tables.snapshot(of: "orders", at: nil)?.version == 3)
        #expect(try await lake.tables.history(of: "orders").last?.operation == "UNKNOWN")
    }

    @Test(
        "A table that has outgrown us is refused politely, and readable up to there",
        arguments: [
            #"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}}"#,
            #"{"add":{"path":"p.parquet","partitionValues":{},"size":5,"modificationTime":1,"dataChange":true}}"#,
            #"{"add":{"path":"s3://other/p.parquet","partitionValues":{},"size":5,"modificationTime":1,"dataChange":true,"stats":"{\"numRecords\":5}"}}"#,
            #"{"add":{"path":"../x/p.parquet","partitionValues":{},"size":5,"modificationTime":1,"dataChange":true,"stats":"{\"numRecords\":5}"}}"#,
            #"{"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":["day"],"configuration":{}}}"#,
            #"{"metaData":{"id":"i","format":{"provider":"orc","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":[],"configuration":{}}}"#,
            #"{"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"m\",\"type\":{\"type\":\"map\",\"keyType\":\"string\",\"valueType\":\"long\",\"valueContainsNull\":true},\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}}"#,
            #"{"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"m\",\"type\":\"timestamp_ntz\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}}"#,
        ]
    )
    func unreadable(line: String) async throws {
        try await lake.tables.load(.orders(), files: ["aaa"], after: nil)
        try lake.writeLog("orders", 1, [line])
        let error = await refusal()
        #expect(error?.code == .schemaMismatch)
        #expect(error?.message.contains("orders") == true)
        #expect(try await lake.tables.snapshot(of: "orders", at: 0)?.rowCount == 3)
    }

    @Test(
        "A table with rules for its writers is read and not written",
        arguments: [
            #"{"protocol":{"minReaderVersion":1,"minWriterVersion":4}}"#,
            #"{"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":false,\"metadata\":{\"delta.invariants\":\"{}\"}}]}","partitionColumns":[],"configuration":{}}}"#,
            #"{"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":false,\"metadata\":{}}]}","partitionColumns":[],"configuration":{"delta.appendOnly":"true"}}}"#,
        ]
    )
    func unwritable(line: String) async throws {
        try await lake.tables.load(.orders(), files: ["aaa"], after: nil)
        try lake.writeLog("orders", 1, [line])
        #expect(try await lake.tables.snapshot(of: "orders", at: nil)?.rowCount == 3)
        let error = await #expect(throws: PipelineError.self) {
            try await lake.tables.load(.orders([Field("id", .bigint)]), .replace, files: ["b"], after: 1)
        }
        #expect(error?.code == .schemaMismatch)
    }

    @Test("Properties that others have set survive a change of the columns")
    func foreignProperties() async throws {
        try await lake.tables.load(.orders(), files: ["aaa"], after: nil)
        try lake.writeLog(
            "orders",
            1,
            [
                #"{"metaData":{"id":"their-id","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"integer\",\"nullable\":false,\"metadata\":{}}]}","partitionColumns":[],"configuration":{"delta.logRetentionDuration":"interval 9 days"}}}"#
            ]
        )
        try await lake.tables.load(.orders([Field("id", .integer), Field("b", .double)]), files: ["b"], after: 1)
        let metaData = try #require(try lake.log("orders", 2).first { $0.contains("metaData") })
        #expect(
            metaData.contains("interval 9 days") && metaData.contains("their-id") && metaData.contains("millrace.key")
        )
    }

    @Test(
        "A damaged log file is named, never guessed",
        arguments: [
            "{\"add\":{\"path\":\"secret-", "", "\u{0}\u{0}\u{0}\u{0}", "[]", "{\"add\":5}", "\n\n", "not json",
        ]
    )
    func damage(bytes: String) async throws {
        try await lake.tables.load(.orders(), files: ["aaa"], after: nil)
        let whole = try lake.log("orders", 0).joined(separator: "\n")
        for text in [bytes, whole + "\n" + bytes] where !(text != bytes && bytes.allSatisfy(\.isWhitespace)) {
            try lake.writeLog("orders", 1, [text])
            let error = await refusal()
            #expect(error?.code == .corruptData)
            #expect(error?.message.contains("00000000000000000001.json") == true)
            #expect(error.map { !"\($0)".contains("secret") } == true)
        }
    }

    @Test("Cutting a log file at any byte is noticed or leaves whole lines", .timeLimit(.minutes(5)))
    func truncation() async throws {
        try await lake.tables.load(.orders(), files: ["aaa"], cursors: ["web": 1], after: nil)
        let whole = Array(try lake.log("orders", 0).joined(separator: "\n").utf8)
        let ends = whole.indices.filter { whole[$0] == 10 } + [whole.count]
        for length in 0...whole.count {
            let commit = try? DeltaCommit(Array(whole.prefix(length)), version: 0, at: "k")
            // A line end of the file, or one byte after it, is where a cut leaves whole lines.
            #expect((commit != nil) == (ends.contains(length) || ends.contains(length - 1)), "\(length)")
        }
    }

    @Test("A hole in the log is noticed, by a fresh reader and by one that knows the table")
    func holes() async throws {
        let tables = lake.tables
        try await tables.load(.orders(), files: ["0"], after: nil)
        for version in 0..<4 as Range<Int64> {
            try await lake.tables.load(.orders(), files: ["\(version)"], after: version)
        }
        _ = try await tables.snapshot(of: "orders", at: 2)
        try FileManager.default.removeItem(
            atPath: lake.scratch.path("lake/tables/orders/_delta_log/00000000000000000003.json")
        )
        for tables in [tables, lake.tables] {
            let error = await #expect(throws: PipelineError.self) {
                _ = try await tables.snapshot(of: "orders", at: nil)
            }
            #expect(error?.code == .corruptData)
            #expect(error?.message.contains("00000000000000000003.json") == true)
        }
        #expect(try await lake.tables.snapshot(of: "orders", at: 2)?.version == 2)

        for version in 1...2 {
            try FileManager.default.removeItem(
                atPath: lake.scratch.path("lake/tables/orders/_delta_log/0000000000000000000\(version).json")
            )
        }
        lake.advance(.seconds(86_400 * 365))
        await #expect(throws: PipelineError.self) { _ = try await lake.tables.vacuum("orders", grace: .zero) }
        try FileManager.default.removeItem(
            atPath: lake.scratch.path("lake/tables/orders/_delta_log/00000000000000000000.json")
        )
        #expect(await refusal()?.code == .corruptData)
        await #expect(throws: PipelineError.self) { _ = try await lake.tables.vacuum("orders", grace: .zero) }
        #expect(lake.scratch.files().filter { $0.hasSuffix(".parquet") }.count == 5)
    }

    @Test("A table that is removed and begun anew is not confused with the old one")
    func begunAnew() async throws {
        let tables = lake.tables
        for version in [nil, 0, 1] as [Int64?] { try await tables.load(.orders(), files: ["a"], after: version) }
        try FileManager.default.removeItem(atPath: lake.scratch.path("lake/tables/orders"))
        #expect(try await tables.snapshot(of: "orders", at: nil) == nil)
        for version in [nil, 0, 1] as [Int64?] { try await lake.tables.load(.orders(), files: ["b"], after: version) }
        #expect(try await tables.snapshot(of: "orders", at: nil)?.texts == ["b", "b", "b"])
    }

    @Test("Opening a long log reads a bounded number of files; an open table reads only what is new")
    func longLog() async throws {
        let tables = lake.tables
        var version: Int64?
        for _ in 0..<200 {
            version = try await tables.load(.orders(), files: [], cursors: ["web": (version ?? -1) + 1], after: version)
                .version
        }
        #expect(version == 199)
        let counting = FaultyObjectStore(lake.store, failingAt: .max, .before, isLasting: false)
        let fresh = lake.tables(over: counting)
        let snapshot = try #require(try await fresh.snapshot(of: "orders", at: nil))
        #expect(snapshot.version == 199 && snapshot.cursors == ["web": 199])
        #expect(counting.calls < 64 + 8)
        let before = counting.calls
        _ = try await fresh.snapshot(of: "orders", at: nil)
        #expect(counting.calls - before <= 4)

        #expect(try await fresh.snapshot(of: "orders", at: 130)?.cursors == ["web": 130])
        #expect(try await fresh.snapshot(of: "orders", at: 195)?.cursors == ["web": 195])
        try lake.scratch.write("{", to: "lake/tables/orders/_delta_log/_millrace.state.json")
        #expect(try await lake.tables.snapshot(of: "orders", at: nil)?.cursors == ["web": 199])
        #expect(try await lake.tables.history(of: "orders").count == 200)
    }
}
