import Testing

@testable import HTTPCollectorPlugin

@Suite struct MessageParserTests {
    @Test("A batch becomes lines")
    func batch() throws {
        let parser = try MessageParser()
        let body = Array(#"{"batch":[{"type":"track","timestamp":"a"},{"context":{"x":1}}],"sentAt":"s","writeKey":"k"}"#.utf8)
        try parser.read(body.span, as: .batch)
        #expect(parser.writeKey == "k")
        var envelope = MessageEnvelope()
        envelope.add("source", "web")
        envelope.addToContext("ip", "1.2.3.4")
        let lines = try parser.lines(envelope)
        print(String(decoding: lines.bytes, as: UTF8.self))
    }
}
