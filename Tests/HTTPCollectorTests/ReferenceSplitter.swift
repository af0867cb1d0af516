import Foundation

@testable import HTTPCollectorPlugin

/// A second implementation of the rules for lines: it builds the whole document, and every line from scratch.
struct ReferenceSplitter {
    let body: [UInt8]
    /// The body before it was made legible.
    let sent: [UInt8]
    let limits: MessageLimits
    let server: [UInt8]
    let contextMembers: [(name: String, text: [UInt8])]
    let address: ((String) -> String?)?
    private let document: ReferenceValue
    private let kind: MessageKind

    static func split(
        _ body: [UInt8],
        _ kind: MessageKind,
        _ limits: MessageLimits,
        server: String,
        context: [(name: String, text: String)],
        address: ((String) -> String?)?
    ) throws(MessageProblem) -> (lines: [[UInt8]], writeKey: String?) {
        guard body.count <= limits.bodySize else { throw .tooLong(limit: limits.bodySize) }
        let (text, isText) = legible(body)
        let document: ReferenceValue
        do throws(MessageProblem) { document = try ReferenceReader.read(text) } catch {
            throw isText ? error : .notUTF8(position: 0)
        }
        guard document.members != nil else { throw .notAnObject }
        let splitter = ReferenceSplitter(
            body: text,
            sent: body,
            limits: limits,
            server: Array(server.utf8),
            contextMembers: context.map { ($0.name, Array($0.text.utf8)) },
            address: address,
            document: document,
            kind: kind
        )
        let key = document.last("writeKey")?.value.text
        return (try splitter.lines(), key.flatMap { String(validating: $0, as: UTF16.self) })
    }

    /// The body with `?` for each byte of what is no character, and whether there was none.
    private static func legible(_ body: [UInt8]) -> (text: [UInt8], isText: Bool) {
        var (parser, bytes, text, isText) = (UTF8.ForwardParser(), body.makeIterator(), [UInt8](), true)
        while true {
            switch parser.parseScalar(from: &bytes) {
            case .valid(let scalar): text += scalar
            case .error(let length):
                isText = false
                text += Array(repeating: 0x3F, count: length)
            case .emptyInput: return (text, isText)
            }
        }
    }

    private func lines() throws(MessageProblem) -> [[UInt8]] {
        let isBatch = kind == .batch
        var items = [document]
        if isBatch {
            guard let batch = document.last("batch")?.value.items else { throw .noBatch }
            items = batch
        }
        guard items.count <= limits.messageCount else { throw .tooManyMessages(limit: limits.messageCount) }
        if isBatch { try checkFrame() }
        var frame = Array(sent.enumerated())
        for item in items { frame.removeAll { item.range.contains($0.offset) } }
        guard frame.allSatisfy({ body[$0.offset] == $0.element }) else { throw .notUTF8(position: 0) }
        let integrations = try shared("integrations", of: isBatch ? document : nil)
        let context = try shared("context", of: isBatch ? document : nil)
        let result = items.map { line($0, context: context, integrations: integrations) }
        let size = result.reduce(0) { $0 + $1.count + 1 }
        guard size <= limits.linesSize else { throw .tooMuchAdded(limit: limits.linesSize) }
        return result
    }

    private func checkFrame() throws(MessageProblem) {
        let batch = document.last("batch")?.range
        for member in document.members ?? [] where member.range != batch && member.value.depth > limits.depth - 1 {
            throw .tooDeep(limit: limits.depth)
        }
    }

    private typealias Shared = [(name: [UInt16], text: [UInt8])]

    private func shared(_ name: String, of document: ReferenceValue?) throws(MessageProblem) -> Shared {
        var result: Shared = []
        if document?.last(name)?.value.members?.count ?? 0 > 100 { throw .tooManySharedMembers(limit: 100) }
        for member in document?.last(name)?.value.members ?? [] {
            result.removeAll { $0.name == member.name }
            if name == "context", address != nil, member.name == Array("ip".utf16) {
                if let text = hidden(member.value) { result.append((member.name, text)) }
            } else {
                result.append((member.name, oneLine(member.range)))
            }
        }
        guard name == "context" else { return result }
        for (name, text) in contextMembers where !result.contains(where: { $0.name.elementsEqual(name.utf16) }) {
            result.append((Array(name.utf16), text))
        }
        return result
    }

    private func line(_ item: ReferenceValue, context: Shared, integrations: Shared) -> [UInt8] {
        if sent[item.range] != body[item.range] {
            let raw = Data(sent[item.range]).base64EncodedString()
            return rejected("\"encoding\":\"base64\",\"reason\":\"it is not valid UTF-8\"", raw)
        }
        if item.range.count > limits.messageSize {
            return rejected(item, "it is longer than \(limits.messageSize) bytes")
        }
        if item.depth > limits.depth { return rejected(item, "it is nested deeper than \(limits.depth) levels") }
        guard let members = item.members else { return oneLine(item.range) }
        func present(_ name: String) -> Bool { item.last(name).map { !$0.value.isNull } ?? false }
        func isLast(_ position: Int, _ name: String) -> Bool {
            members.lastIndex { $0.name.elementsEqual(name.utf16) } == position && present(name)
        }
        var pieces: [(own: Int?, text: [UInt8])] = []
        if !server.isEmpty { pieces.append((nil, server)) }
        if case .single(let type) = kind { pieces.append((nil, Array("\"type\":\"\(type)\"".utf8))) }
        for (position, member) in members.enumerated() {
            let name = String(decoding: member.name, as: UTF16.self)
            let shared = name == "context" ? context : integrations
            switch name {
            case "receivedAt", "source", "requestId", "rejected", "writeKey": break
            case "type" where kind != .batch: break
            case "timestamp":
                guard isLast(position, name) else { break }
                pieces.append((nil, Array("\"originalTimestamp\":".utf8) + oneLine(member.value.range)))
            case "originalTimestamp":
                if isLast(position, name), !present("timestamp") { pieces.append((position, oneLine(member.range))) }
            case "sentAt":
                if isLast(position, name) { pieces.append((position, oneLine(member.range))) }
            case "context", "integrations":
                guard isLast(position, name) else { break }
                let mayHide = name == "context" && address != nil
                if shared.isEmpty, !mayHide {
                    pieces.append((position, oneLine(member.range)))
                } else {
                    let nameAndColon = oneLine(member.range.lowerBound..<member.value.range.lowerBound, trimmed: true)
                    pieces.append((nil, nameAndColon + merged(member.value, shared, mayHide: mayHide)))
                }
            default: pieces.append((position, oneLine(member.range)))
            }
        }
        if kind == .batch, let sentAt = document.last("sentAt"), !sentAt.value.isNull, !present("sentAt") {
            pieces.append((nil, Array("\"sentAt\":".utf8) + oneLine(sentAt.value.range)))
        }
        for (name, shared) in [("context", context), ("integrations", integrations)]
        where !present(name) && !shared.isEmpty {
            pieces.append(
                (nil, Array("\"\(name)\":{".utf8) + Array(shared.map(\.text).joined(separator: [0x2C])) + [0x7D])
            )
        }
        return joined(pieces, members)
    }

    /// Between two members that stand side by side in the message, the line has what is there in the message.
    private func joined(_ pieces: [(own: Int?, text: [UInt8])], _ members: [ReferenceValue.Member]) -> [UInt8] {
        var line: [UInt8] = [0x7B]
        for (position, piece) in pieces.enumerated() {
            if position > 0 {
                if let own = piece.own, let before = pieces[position - 1].own, own == before + 1 {
                    line += oneLine(members[before].range.upperBound..<members[own].range.lowerBound)
                } else {
                    line.append(0x2C)
                }
            }
            line += piece.text
        }
        return line + [0x7D]
    }

    /// The member `ip` of a context, of which the rule for addresses keeps something.
    private func hidden(_ value: ReferenceValue) -> [UInt8]? {
        guard let units = value.text, let text = String(validating: units, as: UTF16.self) else { return nil }
        return address?(text).map { Array("\"ip\":\"\($0)\"".utf8) }
    }

    private func merged(_ value: ReferenceValue, _ shared: Shared, mayHide: Bool) -> [UInt8] {
        guard let own = value.members else { return oneLine(value.range) }
        if mayHide, own.contains(where: { $0.name == Array("ip".utf16) }) {
            var members: Shared = []
            for member in own {
                let text = member.name == Array("ip".utf16) ? hidden(member.value) : oneLine(member.range)
                if let text { members.append((member.name, text)) }
            }
            members += shared.filter { candidate in !members.contains { $0.name == candidate.name } }
            return [0x7B] + Array(members.map(\.text).joined(separator: [0x2C])) + [0x7D]
        }
        let missing = shared.filter { candidate in !own.contains { $0.name == candidate.name } }.map(\.text)
        let before = oneLine(value.range.lowerBound..<value.range.upperBound - 1, trimmed: true)
        let separator: [UInt8] = own.isEmpty || missing.isEmpty ? [] : [0x2C]
        return before + separator + Array(missing.joined(separator: [0x2C])) + [0x7D]
    }

    private func rejected(_ item: ReferenceValue, _ reason: String) -> [UInt8] {
        var raw = ""
        for scalar in String(decoding: body[item.range], as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\"": raw += "\\\""
            case "\\": raw += "\\\\"
            case "\n": raw += "\\n"
            case "\r": raw += "\\r"
            case "\t": raw += "\\t"
            default: raw.unicodeScalars.append(scalar)
            }
        }
        return rejected("\"reason\":\"\(reason)\"", raw)
    }

    private func rejected(_ rejection: String, _ raw: String) -> [UInt8] {
        let start = Array("{\"rejected\":{\(rejection)},".utf8) + server + (server.isEmpty ? [] : [0x2C])
        return start + Array("\"raw\":\"\(raw)\"}".utf8)
    }

    /// The bytes, without white space outside strings if the body has line ends.
    private func oneLine(_ range: Range<Int>, trimmed: Bool = false) -> [UInt8] {
        var bytes = Array(body[range])
        if body[document.range].contains(where: { $0 == 0x0A || $0 == 0x0D }) {
            var isInString = false
            var isEscaped = false
            bytes.removeAll { byte in
                defer {
                    if byte == 0x22, !isEscaped { isInString.toggle() }
                    isEscaped = isInString && byte == 0x5C && !isEscaped
                }
                return !isInString && [0x20, 0x09, 0x0A, 0x0D].contains(byte)
            }
        }
        if trimmed { while let last = bytes.last, [0x20, 0x09].contains(last) { bytes.removeLast() } }
        return bytes
    }
}
