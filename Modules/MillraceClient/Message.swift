#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A message in Segment's form.
struct Message {
    enum Kind: String { case track, page, screen, identify, group, alias }

    let kind: Kind
    /// What only messages of this kind have.
    let members: [(key: String, value: JSONValue)]
    var anonymousID: String?
    var userID: String?

    /// One line of JSON.
    func text(context: [String: JSONValue], at time: Date) -> [UInt8] {
        var all: [(key: String, value: JSONValue)] = [
            ("type", .string(kind.rawValue)), ("messageId", .string(UUID().uuidString.lowercased())),
        ]
        if let anonymousID { all.append(("anonymousId", .string(anonymousID))) }
        if let userID { all.append(("userId", .string(userID))) }
        all += members
        all += [("context", .object(context)), ("timestamp", .string(time.timestamp))]
        var text: [UInt8] = []
        text.reserveCapacity(512)
        text.append(members: all)
        return text
    }

    /// The id in such a line; empty where the line is damaged.
    static func id(of text: [UInt8]) -> String {
        struct Envelope: Decodable { let messageId: String }
        return (try? JSONDecoder().decode(Envelope.self, from: Data(text)))?.messageId ?? ""
    }
}
