import Foundation
import PipelineCore
import Testing

@testable import PipelineConfig

@Suite("The YAML of a config file")
struct YAMLFileTests {
    /// The tree written out as `path=text@line:column` for each value, and the issues.
    private func parse(_ bytes: [UInt8], environment: [String: String] = [:]) -> (values: [String], issues: [String]) {
        let issues = ConfigurationIssues()
        let file = YAMLFile(references: References(environment: environment, baseDirectory: "/"), issues: issues)
        let root = file.parse(bytes)
        return (root.map { written($0, path: "") } ?? [], issues.sorted.map { $0.description(in: "f") })
    }

    private func parse(_ text: String, environment: [String: String] = [:]) -> (values: [String], issues: [String]) {
        parse(Array(text.utf8), environment: environment)
    }

    private func written(_ node: ConfigurationNode, path: String) -> [String] {
        let place = "@\(node.mark.line):\(node.mark.column)"
        return switch node.value {
        case .null: ["\(path)=null\(place)"]
        case .scalar(let text, let isQuoted, _): ["\(path)=\(isQuoted ? "'\(text)'" : text)\(place)"]
        case .list(let nodes): nodes.enumerated().flatMap { written($1, path: "\(path)[\($0)]") }
        case .map(let entries):
            entries.flatMap { entry in
                written(entry.value, path: "\(path)/\(entry.key)<\(entry.keyMark.line):\(entry.keyMark.column)>")
            }
        }
    }

    @Test("Keys and values have their line and column, both from 1")
    func marks() {
        let text = """
            # first
            name: shop
            sources:
              web: { use: http, on: [a,  "b"] }
              "old": ~
              empty:
            text: |
              two
              lines
            """
        let parsed = parse(text)
        #expect(parsed.issues.isEmpty)
        #expect(
            parsed.values == [
                "/name<2:1>=shop@2:7",
                "/sources<3:1>/web<4:3>/use<4:10>=http@4:15",
                "/sources<3:1>/web<4:3>/on<4:21>[0]=a@4:26",
                "/sources<3:1>/web<4:3>/on<4:21>[1]='b'@4:30",
                "/sources<3:1>/old<5:3>=null@5:3",
                "/sources<3:1>/empty<6:3>=null@6:3",
                "/text<7:1>='two\nlines'@7:7",
            ]
        )
    }

    @Test("A map stands where its key stands, so that a missing key is shown there")
    func blockMarks() throws {
        let issues = ConfigurationIssues()
        let file = YAMLFile(references: References(environment: [:], baseDirectory: "/"), issues: issues)
        let root = try #require(file.parse(Array("a: 1\nlake:\n    use: local\n".utf8)))
        guard case .map(let entries) = root.value else { return #expect(Bool(false)) }
        #expect(entries[1].value.mark == ConfigurationMark(line: 2, column: 1))
    }

    @Test("Columns count characters of any script, and a byte order mark counts none")
    func columns() {
        #expect(parse("{zażółć: x, 🦀: y}").values == ["/zażółć<1:2>=x@1:10", "/🦀<1:13>=y@1:16"])
        #expect(parse([0xEF, 0xBB, 0xBF] + Array("a: b".utf8)).values == ["/a<1:1>=b@1:4"])
    }

    @Test("Windows line ends change neither places nor values")
    func windows() {
        #expect(parse("a: b\r\nc:\r\n  d: e\r\n").values == ["/a<1:1>=b@1:4", "/c<2:1>/d<3:3>=e@3:6"])
    }

    @Test("An unquoted reference may stand inside braces, which YAML alone would not allow")
    func referencesInFlow() {
        let parsed = parse(
            "keys: { web-app: ${KEY}, b: 'x ${KEY}', c: [${KEY}] } # ${KEY}\nd: 1",
            environment: ["KEY": "s3cret"]
        )
        #expect(parsed.issues.isEmpty)
        #expect(
            parsed.values == [
                "/keys<1:1>/web-app<1:9>=s3cret@1:18", "/keys<1:1>/b<1:26>='x s3cret'@1:29",
                "/keys<1:1>/c<1:41>[0]=s3cret@1:45", "/d<2:1>=1@2:4",
            ]
        )
    }

    @Test("Characters of the private use area stay what they are")
    func privateUse() {
        #expect(
            parse("a: \u{E000}\u{E001}\u{E002}${X}\na: 1", environment: ["X": "y"]).values.first
                == "/a<1:1>=\u{E000}\u{E001}\u{E002}y@1:4"
        )
    }

    @Test("A value of a reference is marked as one, so that messages hide it")
    func referenceIsMarked() throws {
        let issues = ConfigurationIssues()
        let file = YAMLFile(references: References(environment: ["N": "9"], baseDirectory: "/"), issues: issues)
        let root = try #require(file.parse(Array("[a, x${N}, $${N}]".utf8)))
        guard case .list(let nodes) = root.value else { return #expect(Bool(false)) }
        let scalars = nodes.map {
            if case .scalar(let text, _, let isReference) = $0.value { "\(text) \(isReference)" } else { "" }
        }
        #expect(scalars == ["a false", "x9 true", "${N} false"])
    }

    @Test("A reference without referent is one issue, and nothing follows from it")
    func missingReference() {
        let parsed = parse("a:\n  b: x${NOPE}y${ALSO}\n")
        #expect(
            parsed.issues == [
                "f:2:6: a.b: the environment variable 'NOPE' is not set (set it before starting the program)",
                "f:2:6: a.b: the environment variable 'ALSO' is not set (set it before starting the program)",
            ]
        )
    }

    @Test("Every key that stands in a map twice is kept for its block to refuse, on any level and in any style")
    func duplicates() {
        let parsed = parse("a: 1\nb: { \"c\": 1, c: 2, c: 3 }\nd:\n  - e: 1\n    'e': 2\na: 2\n")
        #expect(parsed.issues.isEmpty)
        #expect(
            parsed.values == [
                "/a<1:1>=1@1:4", "/b<2:1>/c<2:6>=1@2:11", "/b<2:1>/c<2:14>=2@2:17", "/b<2:1>/c<2:20>=3@2:23",
                "/d<3:1>[0]/e<4:5>=1@4:8", "/d<3:1>[0]/e<5:5>=2@5:10", "/a<6:1>=2@6:4",
            ]
        )
    }

    @Test(
        "Keys that stand there twice and cannot be told apart are refused at once",
        arguments: ["&x a: 1\na: 2", "'': 1\n'': 2", "? [1]\n: 1\n? [1]\n: 2"]
    )
    func hardDuplicates(_ text: String) {
        #expect(
            parse(text).issues == [
                "f:1:\(text.hasPrefix("?") ? 3 : 1): a key of this map stands there twice (keep one of them)"
            ]
        )
    }

    @Test("Aliases and merge keys are written out; keys of the map itself win, then earlier maps")
    func aliases() {
        let text = """
            base: &base { a: 1, b: 2 }
            more: &more { b: 3, c: 4 }
            one: *base
            two:
              <<: [*base, *more]
              a: 9
            """
        let parsed = parse(text)
        #expect(parsed.issues.isEmpty)
        #expect(
            parsed.values.suffix(5) == [
                "/one<3:1>/a<1:15>=1@1:18", "/one<3:1>/b<1:21>=2@1:24",
                "/two<4:1>/a<6:3>=9@6:6", "/two<4:1>/b<1:21>=2@1:24", "/two<4:1>/c<2:21>=4@2:24",
            ]
        )
        #expect(parse("a: { <<: 1 }").issues == ["f:1:6: a: '<<' takes a map (such as an alias: `<<: *defaults`)"])
    }

    @Test(
        "Aliases of aliases do not fill the memory",
        arguments: ["[*x%, *x%, *x%, *x%, *x%, *x%, *x%, *x%, *x%]", "{ <<: [*x%, *x%, *x%, *x%, *x%, *x%, *x%] }"]
    )
    func billionLaughs(_ line: String) {
        var text = "x0: &x0 { lol: lol }\n"
        for level in 1...40 {
            text += "x\(level): &x\(level) " + line.replacingOccurrences(of: "%", with: "\(level - 1)") + "\n"
        }
        #expect(
            parse(text).issues == [
                "f: the file holds more than 100000 values, or nests them more than 100 deep (look for aliases of aliases)"
            ]
        )
    }

    @Test("Deep nesting is an issue, not a crash", arguments: [102, 900, 5000, 100_000])
    func depth(_ depth: Int) {
        #expect(parse(String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).issues.count == 1)
    }

    @Test(
        "A mistake in the YAML is shown at its place",
        arguments: [
            (
                "a: 1\n\tb: 2\n",
                "f:2:1: this is not YAML: found a tab character that violates indentation, while scanning a plain scalar that begins at 1:4 (indent with spaces, not with tabs)"
            ),
            (
                "a: [1, 2\nb: 3\n",
                "f:2:2: this is not YAML: did not find expected ',' or ']', while parsing a flow sequence that begins at 1:4 (put a value that contains `: ` in quotes)"
            ),
            (
                "a: @x\n",
                "f:1:4: this is not YAML: found character that cannot start any token, while scanning for the next token that begins at 1:4 (put the value in quotes)"
            ),
            (
                "a: x: y\n",
                "f:1:5: this is not YAML: mapping values are not allowed in this context (put a value that contains `: ` in quotes)"
            ),
            (
                "a: *x\n",
                "f:1:4: this is not YAML: found undefined alias (put a value that begins with * or & in quotes)"
            ),
            ("a: 1\n--- \nb: 2\n", "f:2:1: a second document begins here (one file holds one document)"),
            ("a: !secret x\n", "f:1:4: a: the tag '!secret' means nothing here (write the value alone)"),
            ("? [a]\n: 1\n", "f:1:3: a list where a key belongs (write a plain word)"),
            ("", "f: the file is empty (begin with `lake:`, or let `millrace init` write one)"),
            ("# nothing\n", "f: the file is empty (begin with `lake:`, or let `millrace init` write one)"),
        ]
    )
    func syntax(_ text: String, _ issue: String) {
        #expect(parse(text).issues == [issue])
    }

    @Test("Bytes that are no text are shown at their place")
    func encoding() {
        #expect(
            parse(Array("a: b\nc: d".utf8) + [0xFF]).issues == [
                "f:2:5: this byte is not UTF-8 (save the file as UTF-8)"
            ]
        )
        #expect(parse([0xFF, 0xFE, 0x61, 0x00]).issues == ["f:1:1: the file is UTF-16 (save it as UTF-8)"])
        #expect(
            parse("a: b\r\nc: \u{7}").issues == [
                "f:2:4: YAML does not allow the character U+0007 (remove it, or write it as an escape inside double quotes)"
            ]
        )
        #expect(parse("a: \u{0}").issues.first?.contains("U+0000") == true)
    }

    @Test("Documents that end before they begin, and files of one kind of character, do not stop the program")
    func oddities() {
        for text in [
            "---", "...", "---\n...\n", "%YAML 1.1\n---\na: b", "%YAML 9.9\n---\na: b", "\n\n", "- ", "{", "}", "'",
            "\"", "&a", "*a", "!", "|", "? ", ": ", "<<: x", "${", "a: ${", "{a: ${}}",
        ] {
            _ = parse(text)
        }
        #expect(parse("%YAML 1.1\n---\na: b").values == ["/a<3:1>=b@3:4"])
    }

    @Test("A cut-off file never stops the program, wherever it is cut")
    func truncated() {
        let text = "a: &x {b: [1, \"${K}\"], c: 'd'}\ne:\n  - *x\n  - |\n    text\n  - <<: *x\n    b: 1\n    b: 2\n"
        for length in 0...text.utf8.count { _ = parse(Array(text.utf8.prefix(length))) }
        #expect(parse(text, environment: ["K": "v"]).issues.isEmpty)
    }
}

@Suite("The file on disk")
struct ConfigurationFileTests {
    private func issues(_ path: String) -> [String] {
        let issues = ConfigurationIssues()
        _ = YAMLFile(references: References(environment: [:], baseDirectory: "/"), issues: issues).read(path)
        return issues.sorted.map { $0.description(in: "f") }
    }

    @Test("A file that is not there, a directory and a huge file are refused without reading them")
    func refuses() throws {
        let folder = try Folder()
        #expect(
            issues("\(folder.path)/none.yaml") == [
                "f: the config file does not exist (name the config file with -c FILE, or let `millrace init` write one)"
            ]
        )
        #expect(issues(folder.path) == ["f: the config file is a directory, not a file"])
        let huge = try folder.write("")
        let handle = try #require(FileHandle(forWritingAtPath: huge))
        try handle.truncate(atOffset: 100 << 20)
        #expect(issues(huge) == ["f: the config file is larger than the 1024 KiB that such a file may have"])
    }
}
