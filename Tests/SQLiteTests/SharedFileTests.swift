import Foundation
import Glibc
import PipelineCore
import SQLitePlugin
import Testing

@Suite("A SQLite file that others use too")
struct SharedFileTests {
    private let folder: TemporaryFolder
    private let path: String
    private let sink: SQLiteSink
    private static let header = DeliveryHeader(
        pipeline: "shop",
        run: RunID(rawValue: "run-1"),
        startedAt: Timestamp(microseconds: 0),
        timezone: "UTC"
    )

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/bi.sqlite"
        sink = SQLiteSink(path: path)
    }

    private static func dataset(_ name: DatasetName) -> DatasetDefinition {
        DatasetDefinition(
            name: name,
            summary: "",
            schema: Schema([Field("id", .bigint, isNullable: false), Field("day", .date)]),
            key: ["id"]
        )
    }

    private func chunk(_ count: Int) -> RowChunk {
        RowChunk(bytes: Array((0..<count).map { "\($0),2026-11-21\n" }.joined().utf8), rowCount: count)
    }

    private func stage(_ names: [DatasetName], rows: Int) async throws -> any SinkDelivery {
        let delivery = try await sink.begin(Self.header)
        for name in names { _ = try await delivery.stage(Self.dataset(name), rows: ArrayStream([chunk(rows)])) }
        return delivery
    }

    private func passingTables() throws -> [[String?]] {
        try query(path, "SELECT name FROM sqlite_master WHERE name GLOB '_millrace_*'")
    }

    @Test("Tables and views of others stay, and views over our tables show the new rows")
    func othersStay() async throws {
        try execute(
            path,
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, session INTEGER REFERENCES sessions(id), text TEXT); INSERT INTO notes VALUES (1, 0, 'mine')"
        )
        try await stage(["sessions"], rows: 2).commit()
        try execute(
            path,
            "CREATE VIEW session_count AS SELECT count(*) AS n FROM sessions; CREATE VIEW noted AS SELECT s.id, n.text FROM sessions s JOIN notes n ON n.session = s.id; CREATE INDEX notes_day ON notes (text);"
        )
        let before = try query(
            path,
            "SELECT sql FROM sqlite_master WHERE name IN ('notes', 'session_count', 'noted', 'notes_day') ORDER BY name"
        )
        try await stage(["sessions"], rows: 5).commit()
        #expect(try query(path, "SELECT n FROM session_count") == [["5"]])
        #expect(try query(path, "SELECT * FROM noted") == [["0", "mine"]])
        let after = try query(
            path,
            "SELECT sql FROM sqlite_master WHERE name IN ('notes', 'session_count', 'noted', 'notes_day') ORDER BY name"
        )
        #expect(before == after && before.count == 4)
        #expect(try passingTables() == [])
        #expect(try query(path, "PRAGMA integrity_check") == [["ok"]])
    }

    @Test(
        "A table or view of others with a dataset's name is a conflict and stays",
        arguments: [
            "CREATE TABLE sessions (mine)", "CREATE TABLE SESSIONS (mine)", "CREATE VIEW sessions AS SELECT 1 AS mine",
        ]
    )
    func conflict(sql: String) async throws {
        try await stage(["users"], rows: 1).commit()
        try execute(path, sql)
        let error = await #expect(throws: PipelineError.self) { try await stage(["sessions"], rows: 1) }
        #expect(error?.code == .conflict)
        #expect(try answer(path, "SELECT * FROM sessions").columns == ["mine"])
    }

    @Test("What a killed delivery left is removed by the next, and its half is never published")
    func leftovers() async throws {
        try await stage(["sessions"], rows: 2).commit()
        let killed = try await stage(["sessions", "users"], rows: 9)
        #expect(try passingTables().count == 2)
        let next = try await stage(["sessions"], rows: 3)
        #expect(try passingTables().count == 1)
        let error = await #expect(throws: PipelineError.self) { try await killed.commit() }
        #expect(error?.message.contains("no such table") == true)
        await killed.abort()
        #expect(try query(path, "SELECT count(*) FROM sessions") == [["2"]])
        try await next.commit()
        #expect(try query(path, "SELECT count(*) FROM sessions") == [["3"]])
        #expect(try passingTables() == [])
    }

    @Test("Readers see all datasets change at once and are never blocked", .timeLimit(.minutes(5)))
    func atomicSwap() async throws {
        let names: [DatasetName] = ["one", "two", "three"]
        try await stage(names, rows: 1).commit()
        let reader = Process()
        reader.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        reader.arguments = [
            "python3", "-c",
            """
            import sqlite3, sys, os, time
            connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
            seen = {}
            parent = os.getppid()
            while not os.path.exists(sys.argv[2]) and os.getppid() == parent:
                time.sleep(0.001)
                connection.execute('BEGIN')
                counts = tuple(connection.execute('SELECT count(*) FROM ' + t).fetchone()[0] for t in ('one', 'two', 'three'))
                connection.execute('COMMIT')
                assert len(set(counts)) == 1, counts
                seen[counts[0]] = True
            print(len(seen))
            """, path, folder.path + "/stop",
        ]
        let output = Pipe()
        reader.standardOutput = output
        try reader.run()
        for rows in 2...12 { try await stage(names, rows: rows * 50).commit() }
        try Data().write(to: URL(fileURLWithPath: folder.path + "/stop"))
        let seen = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        reader.waitUntilExit()
        #expect(reader.terminationStatus == 0, "a reader saw half a delivery or was blocked")
        #expect((Int(seen.dropLast()) ?? 0) > 3, "the reader saw too few versions to tell: \(seen)")
    }

    @Test("Another writer may write while a delivery loads")
    func otherWriters() async throws {
        let delivery = try await stage(["sessions"], rows: 100)
        try execute(path, "CREATE TABLE mine (x); INSERT INTO mine VALUES (1)")
        try await delivery.commit()
        #expect(try query(path, "SELECT count(*), (SELECT x FROM mine) FROM sessions") == [["100", "1"]])
    }

    @Test("A delivery of which a table is gone is none")
    func currentDelivery() async throws {
        try await stage(["sessions", "users"], rows: 2).commit()
        #expect(try await sink.currentDelivery() == Self.header.run)
        try execute(path, "DROP TABLE users")
        #expect(try await sink.currentDelivery() == nil)
    }

    @Test("The file is one file after a delivery, in write-ahead mode")
    func oneFile() async throws {
        try await stage(["sessions"], rows: 10).commit()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["bi.sqlite"])
        #expect(try query(path, "PRAGMA journal_mode") == [["wal"]])
    }

    @Test("A file that is no database, and a folder that is none, are told")
    func unusable() async throws {
        try Data("this is a text file, and a long enough one to be taken for a header of a database".utf8)
            .write(to: URL(fileURLWithPath: path))
        let probe = await #expect(throws: PipelineError.self) { try await sink.probe() }
        #expect(probe?.code == .corruptData)
        let begin = await #expect(throws: PipelineError.self) { try await sink.begin(Self.header) }
        #expect(begin?.code == .corruptData)
        let below = SQLiteSink(path: path + "/deeper/bi.sqlite")
        let folder = await #expect(throws: PipelineError.self) { try await below.probe() }
        #expect(folder?.code == .unauthorized)
        await #expect(throws: PipelineError.self) { try await below.begin(Self.header) }
    }

    @Test(
        "A full disk is told with what to do, and the last good tables stay",
        .enabled(if: canMount, "mounting is for root")
    )
    func fullDisk() async throws {
        #expect(unsafe mount("tmpfs", folder.path, "tmpfs", 0, "size=2m") == 0)
        defer { _ = unsafe umount2(folder.path, 2) }
        try await stage(["sessions"], rows: 3).commit()
        let error = await #expect(throws: PipelineError.self) { try await stage(["sessions"], rows: 200_000) }
        #expect(error?.code == .outOfResources)
        #expect(error?.message.contains(path) == true)
        #expect(error?.hint == "a delivery needs room for a second copy of the datasets")
        #expect(try query(path, "SELECT count(*) FROM sessions") == [["3"]])
        try await stage(["sessions"], rows: 5).commit()
        #expect(try query(path, "SELECT count(*) FROM sessions") == [["5"]])
    }

    /// Whether this process may mount a small file system, which full disks are tried on.
    static let canMount: Bool = {
        guard let folder = try? TemporaryFolder(), unsafe mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0
        else { return false }
        return unsafe umount2(folder.path, 2) == 0
    }()

    @Test("A folder where the file belongs, and a file where its folder belongs, are told with what to do")
    func inTheWay() async throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data("text".utf8).write(to: URL(fileURLWithPath: folder.path + "/file"))
        for place in [path, folder.path + "/file/bi.sqlite"] {
            let sink = SQLiteSink(path: place)
            let probe = await #expect(throws: PipelineError.self) { try await sink.probe() }
            let begin = await #expect(throws: PipelineError.self) { try await sink.begin(Self.header) }
            for error in [probe, begin] {
                #expect(error?.code == .unauthorized)
                #expect(error?.message.contains(folder.path) == true)
                #expect(error?.hint != nil)
            }
        }
    }

    @Test("Names that SQLite or we keep to ourselves are refused", arguments: ["_millrace", "sqlite_x", "a b", ""])
    func reservedNames(name: String) async throws {
        let error = await #expect(throws: PipelineError.self) {
            try await stage([DatasetName(rawValue: name)], rows: 1)
        }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test("The config names the path, relative to the config file")
    func configuration() throws {
        let mark = ConfigurationMark(line: 1, column: 1)
        let value = ConfigurationNode(.scalar("data/bi.sqlite", isQuoted: false, isReference: false), at: mark)
        let node = ConfigurationNode(.map([.init(key: "path", keyMark: mark, value: value)]), at: mark)
        let issues = ConfigurationIssues()
        let block = ConfigurationBlock(node, path: "exports.local", issues: issues)
        let build = Connector<any Sink>.sqlite.configure(block)
        block.finish()
        #expect(issues.all.isEmpty)
        let context = ConnectorContext(baseDirectory: folder.path, stateDirectory: folder.path)
        _ = try build(context)
        let empty = ConfigurationBlock(ConfigurationNode(.map([]), at: mark), path: "exports.local", issues: issues)
        _ = Connector<any Sink>.sqlite.configure(empty)
        #expect(issues.all.map(\.problem) == ["'path' is missing"])
    }
}
