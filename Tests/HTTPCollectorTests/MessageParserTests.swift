import Foundation
import Testing

@testable import HTTPCollectorPlugin

@Suite("Bodies become lines")
struct MessageParserTests {
    private let parser: MessageParser

    init() throws { parser = try #require(MessageParser()) }

    private func lines(_ body: String, _ kind: MessageKind = .batch) throws -> [String] {
        var envelope = MessageEnvelope()
        envelope.add("receivedAt", "now")
        envelope.addToContext("ip", "::1")
        return try lines(body, kind, envelope)
    }

    private func lines(_ body: String, _ kind: MessageKind, _ envelope: MessageEnvelope) throws -> [String] {
        try parser.read(Array(body.utf8).span, as: kind)
        let lines = try parser.lines(envelope)
        let texts = String(decoding: lines.bytes, as: UTF8.self).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        #expect(texts.count == lines.count + 1 && texts.last == "")
        return texts.dropLast().map(String.init)
    }

    @Test("A batch as a client sends it: its own sentAt, context and integrations go where a message has none")
    func batch() throws {
        let body = #"""
            {"batch":[{"type":"track","event":"Order","timestamp":"12:00","context":{"app":{"v":2},"page":1}},{"type":"page",
            "integrations":{"A":false},"sentAt":"own"}],"sentAt":"12:01","context":{"app":{"v":1},"os":"x"},"integrations":{"A":true,
            "B":true},"writeKey":"key"}
            """#
        let expected = [
            #"{"receivedAt":"now","type":"track","event":"Order","originalTimestamp":"12:00","context":{"app":{"v":2},"page":1,"#
                + #""os":"x","ip":"::1"},"sentAt":"12:01","integrations":{"A":true,"B":true}}"#,
            #"{"receivedAt":"now","type":"page","integrations":{"A":false,"B":true},"sentAt":"own","#
                + #""context":{"app":{"v":1},"os":"x","ip":"::1"}}"#,
        ]
        #expect(try lines(body) == expected)
        #expect(parser.writeKey == "key")
    }

    @Test("A single message has the type of its route, and nothing at its top is shared with itself")
    func single() throws {
        let body = #"{"type":"x","event":"Order","writeKey":"a\u00e9","sentAt":"s","integrations":{}}"#
        #expect(
            try lines(body, .single(type: "track")) == [
                #"{"receivedAt":"now","type":"track","event":"Order","sentAt":"s","integrations":{},"context":{"ip":"::1"}}"#
            ]
        )
        #expect(parser.writeKey == "aé")
    }

    @Test("No message speaks for the server, however it writes the names")
    func reserved() throws {
        let message =
            #"{"re\u0063eivedAt":1,"receivedAt":2,"\u0073ource":3,"writ\u0065Key":4,"requestId":5,"rejected":{},"a":6}"#
        #expect(
            try lines(#"{"batch":[\#(message)]}"#) == [#"{"receivedAt":"now","a":6,"context":{"ip":"::1"}}"#]
        )
    }

    @Test(
        "Of the names that are looked at the last counts, and a null counts as none",
        arguments: [
            (#""timestamp":1,"x":0,"timestamp":2"#, #""x":0,"originalTimestamp":2"#),
            (#""timestamp":1,"originalTimestamp":2"#, #""originalTimestamp":1"#),
            (#""originalTimestamp":2,"originalTimestamp":3"#, #""originalTimestamp":3"#),
            (#""timestamp":null,"originalTimestamp":2"#, #""originalTimestamp":2"#),
            (#""sentAt":1,"sentAt":null"#, #""sentAt":9"#),
            (#""x":1,"x":2"#, #""x":1,"x":2"#),
            (#""context":{"a":1},"context":{"b":1}"#, #""context":{"b":1}"#),
        ]
    )
    func duplicates(message: String, line: String) throws {
        let sent = line.contains("sentAt") ? "" : ",\"sentAt\":9"
        let lines = try lines(#"{"sentAt":0,"batch":[],"batch":[{\#(message)}],"sentAt":9}"#, .batch, MessageEnvelope())
        #expect(lines == ["{\(line)\(sent)}"])
    }

    @Test("White space stays as it was sent, unless there are line ends in it")
    func whiteSpace() throws {
        let envelope = MessageEnvelope()
        #expect(
            try lines(#"{"batch": [ {"a" : [1, 2] , "b": " \n "} , {} ]}"# + "\r\n", .batch, envelope)
                == [#"{"a" : [1, 2] , "b": " \n "}"#, "{}"]
        )
        #expect(
            try lines("{\"batch\": [ {\"a\" : [1,\r\n2 ] ,\r \"b\": \"x  y\"} ]}", .batch, envelope)
                == [#"{"a":[1,2],"b":"x  y"}"#]
        )
    }

    @Test("Values stay byte for byte: numbers of any size, escapes, half a surrogate pair")
    func values() throws {
        let members = #""a":123456789012345678901234567890,"b":1e999,"c":"\ud83d","d":"\u0041\/","e":-0.10,"f":"é""#
        #expect(try lines("{\"batch\":[{\(members)}]}", .batch, MessageEnvelope()) == ["{\(members)}"])
    }

    @Test("Items that are no objects get lines of their own; an empty batch has none")
    func others() throws {
        #expect(try lines(#"{"batch":[1,"a",[2, 3],null]}"#) == ["1", "\"a\"", "[2, 3]", "null"])
        #expect(try lines(#"{"batch":[]}"#) == [])
        #expect(try lines(#"{"batch":[{"context":null},{"context":7}]}"#).count == 2)
    }

    @Test("Where context is no object it is left alone; where it is null it counts as none")
    func contextOfAnotherKind() throws {
        #expect(
            try lines(#"{"batch":[{"context":null},{"context":7}],"context":"text"}"#) == [
                #"{"receivedAt":"now","context":{"ip":"::1"}}"#, #"{"receivedAt":"now","context":7}"#,
            ]
        )
    }

    @Test("A message that is too long is kept as a text with the reason, the others are not touched")
    func tooLong() throws {
        var limits = MessageLimits()
        limits.messageSize = 20
        let parser = try #require(MessageParser(limits: limits))
        let body = "{\"batch\":[{\"a\":1},{\"a\":\"\\n01234\",\n\t\"é\":1}]}"
        try parser.read(Array(body.utf8).span, as: .batch)
        let lines = try parser.lines(MessageEnvelope())
        #expect(
            String(decoding: lines.bytes, as: UTF8.self) == """
                {"a":1}
                {"rejected":{"reason":"it is longer than 20 bytes"},"raw":"{\\"a\\":\\"\\\\n01234\\",\\n\\t\\"é\\":1}"}

                """
        )
        #expect(lines.rejectedCount == 1)
    }

    @Test(
        "A message that is too deep is kept as a text with the reason, the others are not touched",
        arguments: [201, 300, 16_000]
    )
    func tooDeep(levels: Int) throws {
        let deep =
            "[{\"a\":" + String(repeating: "[", count: levels - 2) + String(repeating: "]", count: levels - 2) + "}]"
        let body = "{\"batch\":[{\"a\":1},\(deep),{\"a\":2}]}"
        try parser.read(Array(body.utf8).span, as: .batch)
        let lines = try parser.lines(MessageEnvelope())
        let raw = deep.replacing("\"", with: "\\\"")
        #expect(
            String(decoding: lines.bytes, as: UTF8.self) == """
                {"a":1}
                {"rejected":{"reason":"it is nested deeper than 200 levels"},"raw":"\(raw)"}
                {"a":2}

                """
        )
        #expect(lines.rejectedCount == 1)
    }

    @Test("A body of the greatest size that does nothing but open lists is judged without harm")
    func deepest() throws {
        var limits = MessageLimits()
        limits.bodySize = 1 << 20
        let parser = try #require(MessageParser(limits: limits))
        let levels = limits.bodySize / 2 - 10
        let open = String(repeating: "[", count: levels)
        let close = String(repeating: "]", count: levels)
        #expect(throws: MessageProblem.notJSON(position: levels)) { try parser.read(Array(open.utf8).span, as: .batch) }
        #expect(throws: MessageProblem.notAnObject) { try parser.read(Array((open + close).utf8).span, as: .batch) }
        try parser.read(Array("{\"batch\":[\(open)\(close)]}".utf8).span, as: .batch)
        #expect(try parser.lines(MessageEnvelope()).rejectedCount == 1)
    }

    @Test("A message's own address is treated as the server's is: cut, or left out", arguments: ["1.0", nil])
    func address(kept: String?) throws {
        var envelope = MessageEnvelope()
        envelope.address = { text in text.hasPrefix("1") ? kept : nil }
        func context(_ context: String, shared: String = "{}") throws -> String {
            try lines(#"{"batch":[{"context":\#(context)}],"context":\#(shared)}"#, .batch, envelope).joined()
        }
        let ip = kept.map { ",\"ip\":\"\($0)\"" } ?? ""
        #expect(try context(#"{"a":1,"ip":"1.2"}"#) == #"{"context":{"a":1\#(ip)}}"#)
        #expect(try context(#"{"a":1,"i\u0070":"1.2"}"#) == #"{"context":{"a":1\#(ip)}}"#)
        #expect(try context(#"{"a":1}"#, shared: #"{"ip":"1.2"}"#) == #"{"context":{"a":1\#(ip)}}"#)
        #expect(try context(#"{"ip":7,"a":1}"#, shared: #"{"ip":"2"}"#) == #"{"context":{"a":1}}"#)
        #expect(try context(#"{"a": {"ip":"1.2"} }"#) == #"{"context":{"a": {"ip":"1.2"}}}"#)
        envelope.addToContext("ip", "9")
        #expect(try context(#"{"ip":null}"#) == #"{"context":{"ip":"9"}}"#)
    }

    @Test(
        "What is refused is refused with the place",
        arguments: [
            ("", MessageProblem.notJSON(position: 0)), (" ", .notJSON(position: 1)), ("[1]", .notAnObject),
            ("7", .notAnObject),
            ("{\"batch\":{}}", .noBatch), ("{}", .noBatch), ("{\"batch\":[1,]}", .notJSON(position: 12)),
            ("{\"batch\":[]} x", .notJSON(position: 13)), ("{\"a\u{1}\":1}", .notJSON(position: 3)),
            ("{\"a\":\"b", .notJSON(position: 7)), ("{\"a\":01}", .notJSON(position: 6)),
            ("{\"a\":\"\\ud8x\"}", .notJSON(position: 10)),
        ]
    )
    func refused(body: String, problem: MessageProblem) {
        #expect(throws: problem) { try parser.read(Array(body.utf8).span, as: .batch) }
        #expect(parser.writeKey == nil)
    }

    @Test("What is no UTF-8 is refused with the place, unless it is within one message, which is kept as it was")
    func notUTF8() throws {
        func read(_ parts: String...) throws -> MessageLines {
            try parser.read(Array(parts.map { Array($0.utf8) }.joined(separator: [0xC3])).span, as: .batch)
            return try parser.lines(MessageEnvelope())
        }
        #expect(throws: MessageProblem.notUTF8(position: 2)) { try read(#"{""#, #"":1,"batch":[]}"#) }
        #expect(throws: MessageProblem.notUTF8(position: 10)) { try read(#"{"batch":["#, "]}") }
        #expect(throws: MessageProblem.notUTF8(position: 13)) { try read(#"{"batch":[1],"#, "}") }
        let lines = try read(#"{"batch":[{"a":1}, {"b":"x"#, "y", #"z"},{"c":"é?"}]}"#)
        #expect(lines.count == 3 && lines.rejectedCount == 1)
        let raw = Data(Array(#"{"b":"x"#.utf8) + [0xC3] + Array("y".utf8) + [0xC3] + Array(#"z"}"#.utf8))
        let kept =
            #"{"rejected":{"encoding":"base64","reason":"it is not valid UTF-8"},"raw":"\#(raw.base64EncodedString())"}"#
        #expect(String(decoding: lines.bytes, as: UTF8.self) == "{\"a\":1}\n\(kept)\n{\"c\":\"é?\"}\n")
    }

    @Test("Another file than a text is refused, however much of it is none")
    func noText() {
        let body = [UInt8](repeating: 0xFF, count: 4 << 20)
        #expect(throws: MessageProblem.notUTF8(position: 0)) { try parser.read(body.span, as: .batch) }
    }

    @Test("Limits hold to the last one")
    func limits() throws {
        var limits = MessageLimits()
        (limits.depth, limits.messageCount, limits.bodySize, limits.linesSize) = (4, 2, 1_000, 60)
        let parser = try #require(MessageParser(limits: limits))
        func read(_ body: String) throws -> MessageLines {
            try parser.read(Array(body.utf8).span, as: .batch)
            return try parser.lines(MessageEnvelope())
        }
        #expect(try read(#"{"batch":[{"a":[1]}]}"#).count == 1)
        #expect(try read(#"{"batch":[{"a":[[[]]]}],"context":[[[]]]}"#).rejectedCount == 0)
        #expect(throws: MessageProblem.tooDeep(limit: 4)) { try read(#"{"batch":[{}],"context":[[[[]]]]}"#) }
        #expect(try read(#"{"batch":[1,2]}"#).count == 2)
        #expect(throws: MessageProblem.tooManyMessages(limit: 2)) { try read(#"{"batch":[1,2,3]}"#) }
        let padding = String(repeating: " ", count: 1_000 - 12)
        #expect(try read(padding + #"{"batch":[]}"#).count == 0)
        #expect(throws: MessageProblem.tooLong(limit: 1_000)) { try read(padding + #" {"batch":[]}"#) }
        #expect(try read(#"{"batch":[{},{}],"context":{"a":"012345678"}}"#).bytes.count == 60)
        #expect(throws: MessageProblem.tooMuchAdded(limit: 60)) {
            try read(#"{"batch":[{},{}],"context":{"a":"0123456789"}}"#)
        }
    }

    @Test("A context of a batch may have 100 members, however many have the same name")
    func sharedMembers() throws {
        func body(_ count: Int) -> String {
            "{\"batch\":[{}],\"context\":{\((0..<count).map { "\"k\($0)\":0" }.joined(separator: ","))}}"
        }
        #expect(try lines(body(100), .batch, MessageEnvelope()).first?.contains("\"k99\":0") == true)
        let problem = MessageProblem.tooManySharedMembers(limit: 100)
        #expect(throws: problem) { try lines(body(101), .batch, MessageEnvelope()) }
    }

    @Test("A body of the greatest size that ends in a string is read; another one after it is not mixed with it")
    func reuse() throws {
        var limits = MessageLimits()
        limits.bodySize = 4_096
        limits.messageSize = 4_096
        let parser = try #require(MessageParser(limits: limits))
        let value = String(repeating: "x", count: 4_096 - 14)
        try parser.read(Array("{\"batch\":[\"\(value)\"]}".utf8).span, as: .batch)
        #expect(try parser.lines(MessageEnvelope()).bytes.count == 4_096 - 14 + 3)
        try parser.read(Array(#"{"batch":[1]}"#.utf8).span, as: .batch)
        #expect(try parser.lines(MessageEnvelope()).bytes == Array("1\n".utf8))
        #expect(throws: MessageProblem.notJSON(position: 1)) { try parser.read(Array("{".utf8).span, as: .batch) }
        #expect(try parser.lines(MessageEnvelope()) == MessageLines())
    }
}
