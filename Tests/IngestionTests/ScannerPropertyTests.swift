import PipelineCore
import Testing

@testable import Ingestion

@Suite("Whatever a file holds")
struct ScannerPropertyTests {
    enum Kind: CaseIterable { case ndjson, lines, csv, semicolons, bare, json }

    private static func scan(
        _ kind: Kind,
        _ chunks: [[UInt8]],
        resuming earlier: Scan? = nil,
        problem: String? = nil
    ) -> Scan {
        let isAtStart = (earlier?.resumption.offset ?? 0) == 0
        let row = earlier?.resumption.row ?? 1
        switch kind {
        case .ndjson:
            return Scan(LineScanner(isJSON: true, isAtStart: isAtStart), chunks, firstRow: row, problem: problem)
        case .lines:
            return Scan(LineScanner(isJSON: false, isAtStart: isAtStart), chunks, firstRow: row, problem: problem)
        case .csv, .semicolons, .bare:
            var dialect = CSVScanner.Dialect(hasHeader: kind != .bare)
            if !isAtStart {
                dialect = .init(delimiter: earlier?.delimiter, hasHeader: false, columns: earlier?.columns)
            }
            return Scan(CSVScanner(dialect, isAtStart: isAtStart), chunks, firstRow: row, problem: problem)
        case .json: return Scan(JSONScanner(), chunks, firstRow: row, problem: problem)
        }
    }

    private static func sample(_ kind: Kind) -> [UInt8] {
        let text =
            switch kind {
            case .ndjson, .lines:
                "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"ż\\\"\"}\r\n\n  \n{\"a\":3}\n[1]\n{\"a\":[{\"c\":null}]}\n"
            case .csv:
                "id,name,note\r\n1,Anna,\"a \"\"b\"\" c\"\r\n2,Żółw,\"two\nlines\"\n3,,\n4,5\" disk,x\n5,\"\",y\n6,a,b"
            case .semicolons: "id;name\n1;a,b\n2;\"x;y\"\n\n3;\"\"\"\"\n"
            case .bare: "1,2\n\"3\",4\n5,6\n"
            case .json:
                "[\n {\"a\": 1,\r\n \"b\": \"x,]}\"},\n {\"a\": [1, {\"c\": \"\\\"\"}]} , 5, \"s\", null,[]\n]\n"
            }
        return Array(text.utf8)
    }

    @Test("records do not depend on how its bytes are cut into chunks", arguments: Kind.allCases)
    func chunking(kind: Kind) {
        for seed in 0..<400 {
            var random = SeededRandom(seed)
            let content = seed == 0 ? Self.sample(kind) : Self.sample(kind).mutated(using: &random)
            let problem = seed % 5 == 4 ? "it breaks off" : nil
            let whole = Self.scan(kind, [content], problem: problem)
            for size in [1, 3, 40] {
                let cut = Self.scan(kind, content.cut(upTo: size, using: &random), problem: problem)
                #expect(
                    cut == whole,
                    "\(kind) seed \(seed), chunks up to \(size): \(String(decoding: content, as: UTF8.self))"
                )
            }
        }
    }

    @Test("rows are numbered without holes and what is rejected has a reason and its bytes", arguments: Kind.allCases)
    func accounting(kind: Kind) {
        for seed in 0..<400 {
            var random = SeededRandom(seed)
            let content = Self.sample(kind).mutated(using: &random)
            let scan = Self.scan(kind, [content])
            #expect(scan.records.map(\.row) == scan.records.indices.map { Int64($0) + 1 })
            #expect(scan.reasons.allSatisfy { !$0.isEmpty })
            // Each record stands in the content behind the one before, and between them is nothing but what separates.
            let separators = Set(Array(" \t\r\n\u{FEFF}".utf8) + (kind == .json ? Array("[],".utf8) : []))
            var position = 0
            for record in scan.records {
                guard let found = content.firstRange(of: record.bytes, from: position) else {
                    // A quote inside an unquoted field has been quoted, and line ends between JSON's parts replaced.
                    let isRewritten = record.reason == nil && (record.bytes.contains(.quote) || kind == .json)
                    #expect(
                        isRewritten,
                        "\(kind) seed \(seed): \(record) is not in \(String(decoding: content, as: UTF8.self))"
                    )
                    break
                }
                let between = content[position..<found.lowerBound]
                let hasHeader = kind == .csv || kind == .semicolons
                #expect(
                    hasHeader || between.allSatisfy(separators.contains),
                    "\(kind) seed \(seed): lost before \(record)"
                )
                position = found.upperBound
            }
        }
    }

    @Test(
        "a longer version gives the same rows as a file that was whole from the beginning",
        arguments: [Kind.ndjson, .lines, .csv, .semicolons, .bare]
    )
    func growth(kind: Kind) {
        for seed in 0..<400 {
            var random = SeededRandom(seed)
            let content = seed == 0 ? Self.sample(kind) : Self.sample(kind).mutated(using: &random)
            let whole = Self.scan(kind, [content])
            for _ in 0..<8 {
                let cut = Int.random(in: 0...content.count, using: &random)
                // Half the time it was compressed, and broke off.
                let problem = Bool.random(using: &random) ? "it breaks off" : nil
                let first = Self.scan(kind, [Array(content[..<cut])], problem: problem)
                let second = Self.scan(kind, [Array(content[Int(first.resumption.offset)...])], resuming: first)
                let kept = first.records.filter { $0.row < first.resumption.row }
                #expect(
                    kept + second.records == whole.records,
                    "\(kind) seed \(seed) cut at \(cut): \(String(decoding: content, as: UTF8.self))"
                )
            }
        }
    }
}

extension [UInt8] {
    fileprivate func firstRange(of other: [UInt8], from start: Int) -> Range<Int>? {
        var index = start
        while index + other.count <= count {
            if self[index...].starts(with: other) { return index..<index + other.count }
            index += 1
        }
        return nil
    }
}
