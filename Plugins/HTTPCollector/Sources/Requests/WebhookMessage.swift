internal import NIOCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The event that stands for what a service sends to its webhook: RudderStack's name, a new visitor, and the whole as
/// properties.
struct WebhookMessage {
    static let event = "webhook_source_event"

    /// One message in JSON, if the body was.
    let body: ByteBuffer

    /// Of a body, or of the parameters of a query where there is none.
    init(_ body: ByteBuffer?, _ parameters: [(name: Substring, value: Substring)]) {
        var text = Array(#"{"properties":"#.utf8)
        if let body {
            text += Array(buffer: body)
        } else {
            let members = parameters.filter { $0.name != "writeKey" }.map { parameter in
                var member: [UInt8] = []
                member.append(quoted: String(parameter.name))
                member.append(UInt8(ascii: ":"))
                member.append(quoted: String(parameter.value))
                return member
            }
            text += [UInt8(ascii: "{")] + members.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "}")]
        }
        text += Array(#","event":"\#(Self.event)","anonymousId":"\#(UUID().uuidString.lowercased())"}"#.utf8)
        self.body = ByteBuffer(bytes: text)
    }
}
