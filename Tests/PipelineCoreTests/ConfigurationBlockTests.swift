import PipelineCore
import Testing

@Suite("A block of the config")
struct ConfigurationBlockTests {
    @Test("Every problem of a block is found in one reading, at its place")
    func collectsAll() {
        let issues = ConfigurationIssues()
        let node = Sample.map([("pth", "x"), ("size", "many"), ("mode", "fats"), ("mode", "fast")])
        let block = ConfigurationBlock(node, path: "sources.web", issues: issues)
        _ = block.require("path", .text(example: "drop/*.csv"), "Where the files are")
        _ = block.value("size", .integer(in: 1...9, example: 3), default: 3, "How many")
        _ = block.optional("mode", .choice(["fast", "safe"]), "How")
        block.finish()
        #expect(
            issues.sorted.map { $0.description(in: "millrace.yaml") } == [
                "millrace.yaml:1:1: sources.web: 'path' is missing (add `path: drop/*.csv`)",
                "millrace.yaml:1:1: sources.web.pth: unknown key (did you mean 'path'?)",
                "millrace.yaml:2:10: sources.web.size: 'many' is not a whole number from 1 to 9 (such as: 3)",
                "millrace.yaml:3:10: sources.web.mode: 'fats' is not one of: fast, safe (did you mean 'fast'?)",
                "millrace.yaml:4:1: sources.web.mode: the key stands here twice (keep one of them)",
            ]
        )
    }

    @Test("An unknown key that resembles none is told all keys")
    func unknownKey() {
        let issues = ConfigurationIssues()
        let block = ConfigurationBlock(Sample.map([("colour", "red")]), path: "", issues: issues)
        _ = block.optional("path", .text(example: "x"), "")
        _ = block.optional("format", .text(example: "x"), "")
        block.finish()
        #expect(
            issues.all.map { $0.description(in: "f") } == ["f:1:1: colour: unknown key (expected one of: format, path)"]
        )
    }

    @Test("A block that is no map is one issue, not one for each of its keys")
    func noMap() {
        let issues = ConfigurationIssues()
        let block = ConfigurationBlock(Sample.scalar("x", line: 4, column: 2), path: "lake", issues: issues)
        _ = block.require("use", .text(example: "local"), "")
        block.finish()
        #expect(
            issues.all.map { $0.description(in: "f") } == [
                "f:4:2: lake: a single value where a map of keys belongs (write its keys below it, indented)"
            ]
        )
    }

    @Test("The declarations are the same with a file and without")
    func declares() {
        func read(_ block: ConfigurationBlock) {
            _ = block.require("path", .text(example: "x"), "Where")
            _ = block.value("wait", .duration(example: "5m"), default: .seconds(1), "How long")
            _ = block.value("wait", .duration(example: "5m"), default: .seconds(1), "How long")
        }
        let describing = ConfigurationBlock(describing: "")
        read(describing)
        let reading = ConfigurationBlock(Sample.map([]), path: "", issues: ConfigurationIssues())
        read(reading)
        #expect(describing.declarations.map(\.key) == ["path", "wait"])
        #expect(describing.declarations.map(\.isRequired) == [true, false])
        #expect(describing.declarations.map(\.example) == ["x", "5m"])
        #expect(reading.declarations.map(\.key) == describing.declarations.map(\.key))
        #expect(describing.isDescribing && describing.issues.count == 0)
    }

    @Test("Describing returns placeholders and asks for nothing")
    func describes() {
        let block = ConfigurationBlock(describing: "x")
        #expect(block.require("n", .integer(in: 3...9, example: 4), "") == 3)
        #expect(block.optional("t", .text(example: "x"), "") == nil)
        #expect(block.issues.all.isEmpty)
    }

    @Test("A place whose value is missing is not complained about again")
    func silence() {
        let issues = ConfigurationIssues()
        let node = Sample.scalar("", isReference: true, line: 3, column: 7)
        issues.silence(node.mark)
        _ = ConfigurationType<Int>.integer(in: 1...9, example: 1).parse(node, "n", issues)
        #expect(issues.all.isEmpty)
        #expect(issues.count == 1)
    }

    @Test("Issues come in the order of the file, those without a place first, equal ones once")
    func sorts() {
        let issues = ConfigurationIssues()
        for (line, column, text) in [(9, 1, "d"), (2, 5, "c"), (2, 3, "b"), (2, 3, "b")] {
            let mark = ConfigurationMark(line: line, column: column)
            issues.add(ConfigurationIssue(path: "", problem: text, hint: nil, mark: mark))
        }
        issues.add(ConfigurationIssue(path: "", problem: "a", hint: nil, mark: nil))
        #expect(issues.sorted.map { $0.description(in: "f") } == ["f: a", "f:2:3: b", "f:2:5: c", "f:9:1: d"])
    }
}
