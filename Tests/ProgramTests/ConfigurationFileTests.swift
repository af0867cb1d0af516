import ConnectorTesting
import Foundation
import Testing

/// The config files that users copy from, and the schema that their editors use.
@Suite struct ConfigurationFileTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The files below a folder of the package that end so.
    private static func files(_ folder: String, _ suffix: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        return (names?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }
            .sorted()
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
    }

    private let folder: ScratchDirectory
    private let millrace: Program

    init() throws {
        folder = try ScratchDirectory()
        millrace = Program(directory: folder.path)
    }

    @Test("Every config that is shipped decodes", arguments: files("Config", ".yaml") + files("Plugins", ".yaml"))
    func decodes(_ path: String) async throws {
        let answer = try await millrace("check", "-c", Self.root.appending(path: path).path)
        #expect(answer.code == 0, "\(answer.errors)")
    }

    @Test("There is something to decode")
    func isThere() {
        #expect(Self.files("Config/examples", ".yaml").count == 4)
        #expect(Self.files("Plugins", "/example.yaml").count >= 4)
    }

    @Test("The committed schema is the one that the program prints")
    func hasSchema() async throws {
        let answer = try await millrace("check", "--schema")
        let hint: Comment = "run: millrace check --schema > Config/millrace.schema.json"
        #expect(try answer.output == Self.text("Config/millrace.schema.json"), hint)
    }

    @Test("The annotated config shows every key that there is")
    func showsAllKeys() throws {
        let schema = try JSONDecoder().decode(Keys.self, from: Data(try Self.text("Config/millrace.schema.json").utf8))
        let config = try Self.text("Config/millrace.yaml")
        #expect(schema.names.count > 40)
        for name in schema.names.sorted() { #expect(config.contains("\(name):"), "\(name) is not shown") }
    }

    @Test(
        "Every config in the documents decodes",
        arguments: ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"] + files("Plugins", "README.md")
    )
    func decodesSnippets(_ path: String) async throws {
        try folder.write("SELECT 1 AS day", to: "sql/revenue.sql")
        let blocks = try Self.text(path).split(separator: "```yaml\n", omittingEmptySubsequences: false).dropFirst()
        #expect(path != "README.md" || !blocks.isEmpty)
        for block in blocks {
            let snippet = try #require(block.firstRange(of: "```").map { String(block[..<$0.lowerBound]) })
            try folder.write(snippet, to: "snippet.yaml")
            let answer = try await millrace("check", "-c", "snippet.yaml")
            #expect(answer.code == 0, "\(path): \(answer.errors)")
        }
    }

    @Test("The first config's query is the one that the annotated config refers to")
    func sharesQuery() async throws {
        _ = try await millrace("init")
        #expect(try folder.read("sql/revenue.sql") == Self.text("Config/sql/revenue.sql"))
    }

    @Test(
        "The examples run on files of the form that they describe",
        arguments: [
            Example(
                name: "web-shop",
                file: "drop/clicks.csv",
                was: "drop/clicks*.csv.gz",
                content: """
                    user_id,session_id,event,timestamp,platform,acquisition_channel
                    u1,s1,product_view,2024-03-13 10:21:14,desktop,email
                    u1,s1,purchase,2024-03-13 10:25:14,desktop,email

                    """,
                query: "SELECT channel, conversion_count FROM sessions",
                answer: "email,1"
            ),
            Example(
                name: "access-log",
                file: "access.log",
                was: "/var/log/apache2/access.log*",
                content: """
                    192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 9 "-" "Mozilla/5.0 (X11) Firefox/40.0"
                    192.0.2.1 - - [17/May/2015:10:06:03 +0000] "GET /b HTTP/1.1" 200 9 "-" "Mozilla/5.0 (X11) Firefox/40.0"
                    192.0.2.1 - - [17/May/2015:10:05:13 +0000] "GET /a HTTP/1.1" 200 9 "-" "Googlebot/2.1"

                    """,
                query: "SELECT page_view_count, exit_page FROM sessions",
                answer: "2,/b"
            ),
            Example(
                name: "stack-exchange",
                file: "drop/Posts.csv",
                was: "drop/Posts*.csv.gz",
                content: """
                    Id,PostTypeId,CreationDate,Tags,AnswerCount,AcceptedAnswerId,Body
                    1,1,2011-10-11T19:42:20.713,<discussion><answers>,2,3,"a
                    b"
                    2,1,2011-10-12T19:42:20.713,<discussion>,0,,c
                    3,2,2011-10-12T20:00:00.000,,,,d

                    """,
                query: "SELECT questions, answers, accepted_rate FROM questions_by_tag WHERE tag = 'discussion'",
                answer: "2,2,0.5"
            ),
        ]
    )
    func runs(_ example: Example) async throws {
        for query in Self.files("Config/examples/sql", ".sql") {
            try folder.write(Self.text(query), to: "sql/\(query.split(separator: "/").last ?? "")")
        }
        let config = try Self.text("Config/examples/\(example.name).yaml")
        #expect(config.contains(example.was))
        try folder.write(config.replacing(example.was, with: example.file), to: "millrace.yaml")
        try folder.write(example.content, to: example.file)
        let run = try await millrace("run")
        #expect(run.code == 0, "\(run.output)\(run.errors)")
        let rows = try await millrace("sql", "--format", "csv", example.query)
        #expect(rows.lines.last == example.answer, "\(rows.output)\(rows.errors)")
    }

    /// An example with data for it.
    struct Example: CustomTestStringConvertible {
        let name: String
        /// Where the data are put, in place of `was`.
        let file: String
        let was: String
        let content: String
        let query: String
        let answer: String
        var testDescription: String { name }
    }
}

/// The names of all keys that a JSON Schema describes.
private struct Keys: Decodable {
    var names: Set<String> = []

    private struct Name: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Name.self) {
            for key in object.allKeys {
                if key.stringValue == "properties",
                    let members = try? object.nestedContainer(keyedBy: Name.self, forKey: key)
                {
                    names.formUnion(members.allKeys.map(\.stringValue))
                }
                names.formUnion(try object.decode(Keys.self, forKey: key).names)
            }
        } else if var list = try? decoder.unkeyedContainer() {
            while !list.isAtEnd { names.formUnion(try list.decode(Keys.self).names) }
        }
    }
}
