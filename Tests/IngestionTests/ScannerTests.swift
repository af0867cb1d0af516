import PipelineCore
import Testing

@testable import Ingestion

@Suite("Records of lines")
struct LineScannerTests {
    private func lines(_ text: String) -> Scan { Scan(LineScanner(isJSON: false, isAtStart: true), text) }
    private func ndjson(_ text: String) -> Scan { Scan(LineScanner(isJSON: true, isAtStart: true), text) }
    private func bytes(_ bytes: [UInt8]) -> Scan { Scan(LineScanner(isJSON: false, isAtStart: true), [bytes]) }

    @Test("Line ends, blank lines and a byte order mark are no part of a record")
    func ends() {
        let scan = lines("\u{FEFF}a\r\n\n \t \nb \n\r\r\nc\r\r\n  d")
        #expect(scan.accepted == ["a", "b ", "c", "  d"])
        #expect(scan.records.map(\.row) == [1, 2, 3, 4])
        #expect(lines("a\n\u{FEFF}b\n").accepted == ["a", "\u{FEFF}b"])
        for empty in ["", "\n", "\u{FEFF}", " \r\n\r\n"] { #expect(lines(empty).records.isEmpty) }
    }

    @Test("What the engine would stumble over is turned away, with its bytes")
    func forbidden() {
        let scan = bytes(
            Array("a\u{0}b\nc\u{1}\nd\re\n".utf8) + [0xC3, 0x28, 0x0A, 0xED, 0xA0, 0x80, 0x0A]
                + Array("\u{2}\u{7F}ż\n".utf8)
        )
        #expect(
            scan.reasons == [
                "it contains a NUL byte", "it contains the control character U+0001", "it contains a carriage return",
                "it is not valid UTF-8", "it is not valid UTF-8",
            ]
        )
        #expect(scan.rejected == [[97, 0, 98], [99, 1], [100, 13, 101], [0xC3, 0x28], [0xED, 0xA0, 0x80]])
        #expect(scan.accepted == ["\u{2}\u{7F}ż"])
    }

    @Test("A NUL in JSON is turned away however it is written, a backslash before u0000 is not one")
    func escapedNUL() {
        let scan = ndjson(
            #"{"a":"\u0000"}"# + "\n" + #"{"a":"\\u0000"}"# + "\n" + #"{"a":"\\\u0000"}"# + "\n" + #"{"a":"\u00001"}"#
                + "\n{\"a\":\"\\"
        )
        #expect(
            scan.reasons == [
                "it contains a NUL character", "it contains a NUL character", "it contains a NUL character",
            ]
        )
        #expect(scan.accepted == [#"{"a":"\\u0000"}"#, "{\"a\":\"\\"])
        #expect(lines(#"x\u0000"#).reasons.isEmpty)
    }

    @Test("Half a surrogate pair in JSON becomes U+FFFD, a whole one and a backslash before ud800 stay")
    func halfPairs() {
        let texts = [
            (#"{"a":"\ud83d"}"#, #"{"a":"\ufffd"}"#), (#"{"a":"\uDE00x\uDbFf"}"#, #"{"a":"\ufffdx\ufffd"}"#),
            (#"{"a":"\ud83d\ud83d\ude00"}"#, #"{"a":"\ufffd\ud83d\ude00"}"#),
            (#"{"a":"\ud83d\\ude00"}"#, #"{"a":"\ufffd\\ude00"}"#),
            (#"{"a":"\\ud83d\\\ud83d"}"#, #"{"a":"\\ud83d\\\ufffd"}"#),
            (#"{"a":"\uD83D\uDE00\ud7ff\ue000"}"#, #"{"a":"\uD83D\uDE00\ud7ff\ue000"}"#),
            (#"{"a":"\ud83"}"#, #"{"a":"\ud83"}"#), (#"{"a":"\ud83d"#, #"{"a":"\ufffd"#),
        ]
        #expect(ndjson(texts.map(\.0).joined(separator: "\n")).accepted == texts.map(\.1))
        let objects = texts.prefix(6)
        #expect(Scan(JSONScanner(), objects.map(\.0).joined()).accepted == objects.map(\.1))
        #expect(lines(#"\ud83d"#).accepted == [#"\ud83d"#])
    }

    @Test("JSON nested without end is turned away, brackets in a text are not nesting")
    func nesting() {
        let deep = { (levels: Int) in String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
        let text = "{\"a\":\"\(deep(30_000))\\\"\"}"
        let scan = ndjson("{\"a\":\(deep(9_999))}\n{\"a\":\(deep(10_000))}\n\(text)\n")
        #expect(scan.reasons == ["it is nested deeper than 10000 levels"])
        #expect(scan.accepted.count == 2)
    }

    @Test("A line of 16 MiB is taken, one byte more is too long, and its first MiB tells which it was")
    func longLines() {
        for isCut in [false, true] {
            let content =
                (["b", "bb"] as [String]).flatMap { end in
                    [UInt8](repeating: 0x61, count: longestRecord - 1) + Array((end + "\r\n").utf8)
                } + Array("c".utf8)
            var random = SeededRandom(1)
            let scan = Scan(
                LineScanner(isJSON: false, isAtStart: true),
                isCut ? content.cut(upTo: 3_000_000, using: &random) : [content]
            )
            #expect(scan.records.map(\.reason) == [nil, tooLong, nil])
            #expect(scan.records.map(\.bytes.count) == [longestRecord, 1 << 20, 1])
        }
    }

    @Test("A file without a line end is passed over in bounded memory")
    func endlessLine() {
        var scanner = LineScanner(isJSON: false, isAtStart: true)
        var sink = RecordSink(fileIndex: 0, firstRow: 1)
        for _ in 0..<100 { scanner.scan([UInt8](repeating: 0x78, count: 1 << 20), into: &sink) }
        #expect(sink.clean.isEmpty && sink.rejected.isEmpty)
        scanner.scan(Array("\nnext\n".utf8), into: &sink)
        scanner.finish(into: &sink, problem: nil)
        #expect(sink.cleanCount == 1 && sink.rejectedCount == 1 && sink.rejected.count < 2 << 20)
    }

    @Test("Bytes that break off leave one dead letter, whether inside a record or behind one")
    func breaks() {
        let inside = Scan(LineScanner(isJSON: true, isAtStart: true), "{\"a\":1}\n{\"a\":", problem: "broken")
        #expect(
            inside.accepted == ["{\"a\":1}"] && inside.reasons == ["broken"]
                && inside.rejected == [Array("{\"a\":".utf8)]
        )
        #expect(inside.resumption == Resumption(offset: 8, row: 2))
    }
}

@Suite("Records of delimited text")
struct CSVScannerTests {
    private func scan(_ text: String, _ dialect: CSVScanner.Dialect = .init()) -> Scan {
        Scan(CSVScanner(dialect, isAtStart: true), text)
    }

    @Test(
        "The delimiter is found from the first line",
        arguments: [
            ("a,b\n", ","), ("a;b,c;d\n", ";"), ("a\tb\n", "\t"), ("a|b|c,d\n", "|"), ("\"a;b;c\",d\n", ","),
            ("a\n1,2\n", ","), ("\n \na;b\n", ";"),
            ("\"x\ny;;;;\",b\n", ","),
        ]
    )
    func delimiter(text: String, delimiter: String) {
        #expect(scan(text).delimiter == delimiter.utf8.first)
    }

    @Test("Names are told apart, trimmed and never empty")
    func names() {
        #expect(
            scan(" a ,,b,\"b\",B,a b,a_b,\"x,\"\"y\"\"\"\n").columns == [
                "a", "column_2", "b", "b_2", "B_3", "a b", "a_b_2", "x,\"y\"",
            ]
        )
        #expect(scan("a,column_3,,column_3\n").columns == ["a", "column_3", "column_3_2", "column_3_3"])
        #expect(scan("żółć,日本\n").columns == ["żółć", "日本"])
        #expect(scan("1,x\n2,y\n", .init(hasHeader: false)).columns == ["column_1", "column_2"])
        #expect(scan("1,x\n", .init(hasHeader: false, columns: ["id", "name"])).columns == ["id", "name"])
    }

    @Test("A record has as many fields as the header")
    func ragged() {
        let scan = scan("a,b,c\n1,2\n1,2,3\n1,2,3,4\n,,\n\n")
        #expect(scan.accepted == ["1,2,3", ",,"])
        #expect(scan.reasons == ["it has 2 fields, the header has 3", "it has 4 fields, the header has 3"])
        #expect(self.scan("a\tb\n\t\n \n").accepted == ["\t"], "a row of empty fields is a row")
    }

    @Test("Quotes hold delimiters, line ends and quotes; CRLF ends a record all the same")
    func quotes() {
        let scan = scan("a,b\r\n\"1,\n2\",\"x\"\"y\"\r\n\"\",\r\n\"c\r\nd\",\"e\"\r\r\n")
        #expect(scan.accepted == ["\"1,\n2\",\"x\"\"y\"", "\"\",", "\"c\r\nd\",\"e\""])
        #expect(scan.reasons.isEmpty)
    }

    @Test("A quote inside an unquoted field is data, wherever it stands")
    func strayQuotes() {
        let scan = scan("size,note\n5\" disk,x\n5\"\" disk,y\na\", \"b\"\nx,y\"\nq\"\"\"\",\"\"\n")
        #expect(
            scan.accepted == [
                "\"5\"\" disk\",x", "\"5\"\"\"\" disk\",y", "\"a\"\"\",\" \"\"b\"\"\"", "x,\"y\"\"\"",
                "\"q\"\"\"\"\"\"\"\"\",\"\"",
            ]
        )
        #expect(scan.reasons.isEmpty)
    }

    @Test("What follows a closing quote makes the record unreadable, not the rest")
    func textBehindQuote() {
        let scan = scan("a,b\n\"1\"x,2\n\"1\" ,2\n3,4\n")
        #expect(scan.reasons == ["text follows a closing quote", "text follows a closing quote"])
        #expect(scan.accepted == ["3,4"])
    }

    @Test("An unclosed quote costs the line that opened it, and no other")
    func unclosedQuote() {
        let scan = scan("a,b\n1,2\n3,\"oops\n5,6\n7,8\n")
        #expect(scan.accepted == ["1,2", "5,6", "7,8"])
        #expect(scan.reasons == ["a quote is opened and never closed"])
        #expect(scan.rejected == [Array("3,\"oops".utf8)])
        #expect(scan.resumption == Resumption(offset: 8, row: 2), "a longer file may close it")
        let last = self.scan("a,b\n1,\"x")
        #expect(last.reasons == ["a quote is opened and never closed"] && last.rejected == [Array("1,\"x".utf8)])
    }

    @Test(
        "Without a readable header nothing can be understood, and nothing is lost",
        arguments: [
            ("a\u{0},b", "it contains a NUL byte"), ("a,\"b", "a quote is opened and never closed"),
            ("a,b\r1,2\r3,4", "a carriage return stands outside quotes"), ("\"a\"b,c", "text follows a closing quote"),
        ]
    )
    func brokenHeader(header: String, reason: String) {
        let scan = scan("\(header)\n1,2\n3,4\n")
        #expect(scan.accepted.isEmpty)
        #expect(scan.reasons == [reason, "the header cannot be read", "the header cannot be read"])
        #expect(scan.resumption == Resumption())
    }

    @Test("A file with nothing but a header, and half a header")
    func headerOnly() {
        #expect(scan("a,b\n").records.isEmpty && scan("a,b\n").columns == ["a", "b"])
        #expect(scan("a,b").resumption == Resumption(), "more of the header may come")
        #expect(scan("\u{FEFF}a,b\n1,2").columns == ["a", "b"])
    }

    @Test("Endless records are given up at 16 MiB, whatever the chunks")
    func longRecords() {
        let filling = [UInt8](repeating: 0x78, count: longestRecord)
        let contents: [([UInt8], [String?])] = [
            (
                Array("a,b\n1,\"".utf8) + filling + Array("\n\",2\n5,6\n".utf8),
                [tooLong, "a quote is opened and never closed", nil]
            ),
            (
                Array("a,b\n1,\"x\n2,y\n".utf8) + filling + Array(",\n5,6\n".utf8),
                ["a quote is opened and never closed", nil, tooLong, nil]
            ),
            (Array("a,b\n".utf8) + filling, ["it has 1 fields, the header has 2"]),
        ]
        for (content, reasons) in contents {
            var random = SeededRandom(7)
            let whole = Scan(CSVScanner(.init(), isAtStart: true), [content])
            #expect(whole.records.map(\.reason) == reasons)
            #expect(Scan(CSVScanner(.init(), isAtStart: true), content.cut(upTo: 5_000_000, using: &random)) == whole)
        }
    }

    @Test("An endless line is passed over in bounded memory")
    func bounded() {
        var scanner = CSVScanner(.init(), isAtStart: true)
        var sink = RecordSink(fileIndex: 0, firstRow: 1)
        scanner.scan(Array("a,b\n1,\"".utf8), into: &sink)
        for _ in 0..<60 { scanner.scan([UInt8](repeating: 0x78, count: 1 << 20), into: &sink) }
        scanner.scan(Array("\n1,2\n".utf8), into: &sink)
        scanner.finish(into: &sink, problem: nil)
        #expect(sink.cleanCount == 1 && sink.rejectedCount == 1 && sink.rejected.count < 2 << 20)
    }
}

@Suite("Records of JSON")
struct JSONScannerTests {
    private func scan(_ text: String) -> Scan { Scan(JSONScanner(), text) }

    @Test("The elements of an array, or values behind each other, pretty-printed or not")
    func elements() {
        #expect(scan("[{\"a\":1},\n\n{\"b\":[1,{}]}]").accepted == ["{\"a\":1}", "{\"b\":[1,{}]}"])
        #expect(scan("\u{FEFF} {\n\"a\": \"]}\\\"\"\r\n}\n{}{}").accepted == ["{ \"a\": \"]}\\\"\"  }", "{}", "{}"])
        #expect(scan("[1, \"x\", null, [2], {}]").accepted == ["1", "\"x\"", "null", "[2]", "{}"])
        for empty in ["", "[]", " \n", "[ ]\n"] { #expect(scan(empty).records.isEmpty) }
    }

    @Test("What does not end is told, with all elements before it")
    func unterminated() {
        #expect(scan("[{\"a\":1},{\"b\":").accepted == ["{\"a\":1}"])
        #expect(scan("[{\"a\":1},{\"b\":").reasons == ["the file ends before the element does"])
        #expect(scan("[{\"a\":1},").reasons == ["the file ends before its array does"])
        #expect(scan("{\"a\":\"x").reasons == ["the file ends before the element does"])
    }

    @Test("A broken element is turned away as it stands")
    func broken() {
        let scan = scan("[{\"a\":\"x\ny\"},\n{\"b\":\"\\u0000\"},\n{\"c\":\r\n1}]")
        #expect(scan.reasons == ["a line end stands inside a string", "it contains a NUL character"])
        #expect(scan.rejected.first == Array("{\"a\":\"x\ny\"}".utf8))
        #expect(scan.accepted == ["{\"c\":  1}"])
        #expect(self.scan("{}]{}").accepted == ["{}", "]", "{}"], "the engine refuses the bracket")
    }

    @Test("An element of more than 16 MiB is turned away, in bounded memory")
    func longElements() {
        let content =
            Array("[{\"a\":\"".utf8) + [UInt8](repeating: 0x78, count: longestRecord) + Array("\"},{\"b\":1}]".utf8)
        let scan = Scan(JSONScanner(), [content])
        #expect(scan.records.map(\.reason) == [tooLong, nil])
    }
}

@Suite("Names of columns in tables")
struct ColumnNamesTests {
    @Test(
        "Names lose what readers of tables refuse, and never look like ours",
        arguments: [
            ("a b", "a_b"), ("_id", "id_"), ("__v", "v__"), ("_", "column_"), ("", "column"),
            ("a,b;c{d}(e)=f\tg\nh", "a_b_c_d__e__f_g_h"),
            ("żółć.x", "żółć.x"), ("Order", "Order"), ("x\u{0}y", "x_y"),
        ]
    )
    func stored(name: String, stored: String) {
        #expect(ColumnNames.stored(name) == stored)
        #expect(ColumnNames.stored(stored) == stored)
    }
}
