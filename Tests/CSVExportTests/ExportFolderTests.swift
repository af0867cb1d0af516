import CSVExportPlugin
import ConnectorTesting
import Foundation
import Glibc
import PipelineCore
import Testing

@Suite("The folder of a CSV export")
struct ExportFolderTests {
    private func rows(_ count: Int) -> String { (0..<count).map { "\($0),note number \($0)\n" }.joined() }

    @Test("Parts stay below the limit, begin alike and lose no row; a smaller export removes what it does not need")
    func parts() async throws {
        let export = try Export(.dataStudio, partSize: 1000)
        try await export.deliver((.notes, rows(500)))
        let parts = try export.files().filter { $0.hasPrefix("notes-") }
        #expect(parts.count == 10)
        #expect(parts.first == "notes-001.csv" && parts.last == "notes-010.csv")
        var all = ""
        for part in parts {
            let text = try export.folder.text(part)
            #expect(text.utf8.count <= 1000 && text.hasPrefix("id,note\n") && text.hasSuffix("\n"))
            all += text.dropFirst("id,note\n".count)
        }
        #expect(all == rows(500))
        #expect(try export.folder.text("schema.json").contains("\"name\" : \"notes-010.csv\""))

        try await export.deliver((.notes, rows(60)))
        #expect(try export.files().filter { $0.hasPrefix("notes-") } == ["notes-001.csv", "notes-002.csv"])
        #expect(try published("notes", in: export.path)?.rows.count == 60)
    }

    @Test("A row that alone is larger than the limit gets a part of its own")
    func largeRow() async throws {
        let export = try Export(.dataStudio, partSize: 100)
        let long = String(repeating: "x", count: 300)
        try await export.deliver((.notes, "1,a\n2,\(long)\n3,b\n"))
        let texts = try ["notes-001.csv", "notes-002.csv", "notes-003.csv"].map(export.folder.text)
        #expect(texts == ["id,note\n1,a\n", "id,note\n2,\(long)\n", "id,note\n3,b\n"])
        #expect(try export.files().count == 5)
    }

    @Test("Files of others stay, hidden ones and folders too")
    func foreignFiles() async throws {
        let export = try Export(.powerBI)
        for name in ["mine.csv", "notes-001.csv", ".hidden", "sub/notes.csv", "visits.txt"] {
            try export.folder.write("mine", to: name)
        }
        try await export.deliver((.notes, rows(3)))
        try await export.deliver((.notes, rows(2)))
        let files = try export.files()
        #expect(
            files == [
                ".hidden", "README.md", "mine.csv", "notes-001.csv", "notes.csv", "power-bi.pbids", "schema.json",
                "sub/notes.csv", "visits.txt",
            ]
        )
        for name in ["mine.csv", "notes-001.csv", ".hidden", "sub/notes.csv"] {
            #expect(try export.folder.text(name) == "mine")
        }
    }

    @Test(
        "A file of others with the name of one of ours is a conflict and stays",
        arguments: ["notes.csv", "README.md", "notes.tds", "schema.json"]
    )
    func conflict(name: String) async throws {
        let export = try Export(.tableau)
        try export.folder.write("mine", to: name)
        let error = await #expect(throws: PipelineError.self) { try await export.deliver((.notes, rows(3))) }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains(name) == true)
        #expect(try export.files() == [name])
        #expect(try export.folder.text(name) == "mine")
    }

    @Test("A failed export leaves every file as it was")
    func failure() async throws {
        let export = try Export(.tableau)
        try await export.deliver((.notes, rows(3)), (.visits, visitRows))
        let before = try export.folder.contents()
        await #expect(throws: PipelineError.self) {
            try await export.deliver((.notes, rows(9)), (.visits, "no,row\n"))
        }
        #expect(try export.folder.contents() == before)
    }

    @Test("An export that was killed while it published is made good by the next")
    func killedInCommit() async throws {
        let export = try Export(.dataStudio)
        // What is there between the first rename and the last.
        try export.folder.write("half", to: "notes-001.csv")
        try export.folder.write("half", to: "notes-002.csv")
        try export.folder.write("id,note\n", to: ".millrace-export/staging/visits-001.csv")
        try export.folder.write(
            "README.md\nnotes-001.csv\nnotes-002.csv\nvisits-001.csv",
            to: ".millrace-export/publishing"
        )
        try await export.deliver((.notes, rows(3)))
        #expect(try export.files() == ["README.md", "notes-001.csv", "schema.json"])
        #expect(try export.folder.text("notes-001.csv") == "id,note\n" + rows(3))
    }

    @Test("Datasets of earlier deliveries stay described; another flavor replaces all")
    func merging() async throws {
        let export = try Export(.powerBI)
        try await export.deliver((.notes, rows(3)))
        try await export.deliver((.visits, visitRows))
        #expect(try export.files() == ["README.md", "notes.csv", "power-bi.pbids", "schema.json", "visits.csv"])
        let readme = try export.folder.text("README.md")
        #expect(readme.contains("## notes") && readme.contains("## visits"))
        let other = Export(export.folder, CSVOptions(flavor: .tableau))
        try await other.deliver((.notes, rows(1)))
        #expect(try export.files() == ["README.md", "notes.csv", "notes.tds", "schema.json"])
    }

    @Test("A delivery of which a file is gone or cut short, or that is in another flavor, is none")
    func currentDelivery() async throws {
        let export = try Export(.powerBI)
        try await export.deliver((.notes, rows(3)))
        #expect(try await export.sink.currentDelivery() == Export.header.run)
        let other = Export(export.folder, CSVOptions(flavor: .tableau))
        #expect(try await other.sink.currentDelivery() == nil)
        try Data("id\n".utf8).write(to: URL(fileURLWithPath: export.path + "/notes.csv"))
        #expect(try await export.sink.currentDelivery() == nil)
        try await export.deliver((.notes, rows(3)))
        #expect(try await export.sink.currentDelivery() == Export.header.run)
        try FileManager.default.removeItem(atPath: export.path + "/notes.csv")
        #expect(try await export.sink.currentDelivery() == nil)
    }

    @Test("A schema.json that somebody changed cannot make us remove a file elsewhere")
    func tampered() async throws {
        let outer = try TemporaryFolder()
        try outer.write("mine", to: "precious.csv")
        let export = Export(try TemporaryFolder(), CSVOptions(flavor: .powerBI))
        try await export.deliver((.notes, rows(3)))
        let relative = "../" + outer.path.split(separator: "/").last.map(String.init)! + "/precious.csv"
        let schema = try export.folder.text("schema.json").replacing("\"notes.csv\"", with: "\"\(relative)\"")
        try export.folder.write(schema, to: "schema.json")
        try FileManager.default.removeItem(atPath: export.path + "/notes.csv")
        try await export.deliver((.notes, rows(3)))
        #expect(try outer.text("precious.csv") == "mine")
    }

    @Test("Only one delivery at a time works in a folder; the other may try again")
    func lock() async throws {
        let export = try Export(.powerBI)
        let first = try await export.sink.begin(Export.header)
        let error = await #expect(throws: PipelineError.self) { try await export.sink.begin(Export.header) }
        #expect(error?.code == .conflict)
        #expect(error?.recovery == .retry(after: .seconds(5)))
        await first.abort()
        try await export.deliver((.notes, rows(1)))
    }

    @Test("The lock goes with the delivery, even while a program that is being started holds a copy of it")
    func inheritedLock() async throws {
        let export = try Export(.powerBI)
        let delivery = try await export.sink.begin(Export.header)
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(Int32.init)
        let held = descriptors.filter { descriptor in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
            return target == export.path
        }
        // A copy shares the lock, as the one does that a new process has until it begins its own program.
        let copies = held.map { dup($0) }
        #expect(copies.count == 1)
        await delivery.abort()
        try await export.deliver((.notes, rows(1)))
        for copy in copies { close(copy) }
    }

    @Test("A place that cannot be a folder is told by the probe and at the beginning")
    func unusable() async throws {
        let folder = try TemporaryFolder()
        try folder.write("text", to: "file")
        let sink = CSVSink(path: folder.path + "/file/deeper", options: CSVOptions(flavor: .powerBI))
        let probe = await #expect(throws: PipelineError.self) { try await sink.probe() }
        #expect(probe?.code == .unauthorized)
        let begin = await #expect(throws: PipelineError.self) { try await sink.begin(Export.header) }
        #expect(begin?.code == .conflict)
        for error in [probe, begin] {
            #expect(error?.description.contains(folder.path) == true)
            #expect(error?.hint != nil)
        }
    }

    @Test(
        "A full disk is told with what to do, and the last good export stays",
        .enabled(if: canMount, "mounting is for root")
    )
    func fullDisk() async throws {
        let export = try Export(.powerBI)
        #expect(unsafe mount("tmpfs", export.path, "tmpfs", 0, "size=1m") == 0)
        defer { _ = unsafe umount2(export.path, 2) }
        try await export.deliver((.notes, rows(3)))
        let before = try export.folder.contents()
        let error = await #expect(throws: PipelineError.self) { try await export.deliver((.notes, rows(60_000))) }
        #expect(error?.code == .outOfResources)
        #expect(error?.message.contains(export.path) == true)
        #expect(error?.hint == "an export needs room for a second copy of its files")
        #expect(try export.folder.contents() == before)
        #expect(try await export.sink.currentDelivery() == Export.header.run)
        try await export.deliver((.notes, rows(5)))
        #expect(try published("notes", in: export.path)?.rows.count == 5)
    }

    /// Whether this process may mount a small file system, which full disks are tried on.
    static let canMount: Bool = {
        guard let folder = try? TemporaryFolder(), unsafe mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0
        else { return false }
        return unsafe umount2(folder.path, 2) == 0
    }()

    @Test("A folder where a file belongs is told, and stays", arguments: ["notes.csv", "README.md", "schema.json"])
    func folderInTheWay(name: String) async throws {
        let export = try Export(.powerBI)
        try export.folder.write("mine", to: name + "/inner.txt")
        let error = await #expect(throws: PipelineError.self) { try await export.deliver((.notes, rows(3))) }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains(name) == true)
        #expect(error?.hint != nil)
        #expect(try export.files() == [name + "/inner.txt"])
    }

    @Test("schema.json and README.md say what everything means")
    func documents() async throws {
        let export = try Export(.dataStudio)
        try await export.deliver((.visits, visitRows))
        let object =
            try JSONSerialization.jsonObject(with: Data(export.folder.text("schema.json").utf8)) as? [String: Any]
        let schema = try #require(object)
        #expect(schema["pipeline"] as? String == "shop")
        #expect(schema["flavor"] as? String == "data-studio")
        #expect(schema["timezone"] as? String == "Europe/Warsaw")
        let dataset = try #require((schema["datasets"] as? [[String: Any]])?.first)
        #expect(dataset["row_count"] as? Int == 3)
        #expect(dataset["exported_at"] as? String == "2026-11-21T07:31:17.123456Z")
        let file = try #require((dataset["files"] as? [[String: Any]])?.first)
        #expect(file["bytes"] as? Int == (try export.folder.contents()["visits-001.csv"]?.count))
        let columns = try #require(dataset["columns"] as? [[String: Any]])
        #expect(
            columns.compactMap { $0["semantic_type"] as? String } == [
                "YEAR_MONTH_DAY", "COUNTRY_CODE", "CITY", "YEAR_MONTH_DAY_SECOND", "NUMBER", "PERCENT", "DURATION",
                "NUMBER", "BOOLEAN", "NUMBER",
            ]
        )
        #expect(columns[0]["format"] as? String == "YYYYMMDD")
        #expect(columns[1]["is_nullable"] as? Bool == true)
        let readme = try export.folder.text("README.md")
        #expect(readme.contains("those of the time zone Europe/Warsaw"))
        #expect(
            readme.contains("One row is a day's visits from a place. A row is identified by `date`, `country`, `step`.")
        )
        #expect(readme.contains("| `city` | VARCHAR (CITY) | The city's <name> \\| \"in English\" |"))
        #expect(readme.contains("| `bounce_rate` | DOUBLE (PERCENT) | Share of visits that were bounces |"))
    }
}
