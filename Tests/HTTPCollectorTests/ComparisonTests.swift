import Testing

@testable import HTTPCollectorPlugin

@Suite("The parser and a second implementation agree")
struct ComparisonTests {
    private let comparison: Comparison

    init() throws { comparison = try #require(Comparison()) }

    /// Counts what became of the bodies; stops at the first that the two make different things of.
    private func compare(_ bodies: some Sequence<([UInt8], MessageKind)>) -> [Comparison.Outcome: Int] {
        var outcomes: [Comparison.Outcome: Int] = [:]
        for (body, kind) in bodies {
            let outcome = comparison.compare(body, kind)
            outcomes[outcome, default: 0] += 1
            if case .different(let report) = outcome {
                Issue.record(Comment(rawValue: report))
                break
            }
        }
        return outcomes
    }

    @Test("on bodies by chance", arguments: 1...4)
    func random(seed: Int) {
        var documents = Documents(seed: UInt64(seed))
        let bodies = (0..<500).lazy.map { _ in
            (documents.body(), documents.random(6) == 0 ? MessageKind.single(type: "page") : .batch)
        }
        let outcomes = compare(bodies)
        #expect(outcomes[.lines, default: 0] > 100)
        #expect(outcomes[.keptLines, default: 0] > 50)
        #expect(outcomes.keys.contains(.refused("around its messages, the body is nested deeper than ")))
    }

    @Test("on damaged bodies", arguments: 5...8)
    func damaged(seed: Int) {
        var documents = Documents(seed: UInt64(seed))
        let outcomes = compare((0..<500).lazy.map { _ in (documents.damaged(documents.body()), MessageKind.batch) })
        #expect(outcomes.count > 5)
    }

    @Test("on bodies that end too early, wherever that is")
    func truncated() {
        var documents = Documents(seed: 9)
        for _ in 0..<6 {
            let body = Array(documents.body().prefix(700))
            _ = compare(body.indices.lazy.map { (Array(body.prefix($0)), MessageKind.batch) })
        }
    }

    @Test("and what comes out is JSON, one value a line, with as many lines as the batch has items")
    func output() throws {
        let parser = try #require(MessageParser())
        var envelope = MessageEnvelope()
        envelope.add("source", "\"\\\n\u{1}")
        envelope.addToContext("userAgent", "\u{1F}\r\té")
        var documents = Documents(seed: 10)
        var lineCount = 0
        for _ in 0..<500 {
            let body = documents.body()
            guard (try? parser.read(body.span, as: .batch)) != nil else { continue }
            let lines = try parser.lines(envelope)
            let texts = lines.bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            let document = try ReferenceReader.read(body)
            #expect(texts.count - 1 == document.last("batch")?.value.items?.count && lines.count == texts.count - 1)
            for text in texts.dropLast() { _ = try ReferenceReader.read(Array(text)) }
            lineCount += lines.count
        }
        #expect(lineCount > 500)
    }
}
