internal import HTTPTypes
internal import HummingbirdCore
internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What a request says of its sender besides the body.
struct MessageSender {
    var address: String?
    var userAgent: String?
    /// From `Authorization: Basic`, or from the query.
    var writeKey: [UInt8]?

    init(_ request: Request, address: String?) {
        userAgent = request.headers[.userAgent]
        self.address = address
        writeKey =
            Self.basicKey(request.headers[.authorization])
            ?? request.uri.queryParameters["writeKey"].map { Array($0.utf8) }
    }

    /// Whether the sender is the device that the events are about: a browser or an app, and no server.
    ///
    /// Segment fills in addresses for those only; a server's address would put all people in its data center.
    var isDevice: Bool {
        guard let userAgent else { return false }
        return ["Mozilla/", "Dalvik/", "okhttp/", "Opera/"].contains(where: userAgent.hasPrefix)
            || userAgent.contains("CFNetwork/")
    }

    /// The user name of `Basic base64(key:)`.
    private static func basicKey(_ header: String?) -> [UInt8]? {
        guard let header, header.lowercased().hasPrefix("basic ") else { return nil }
        let encoded = header.dropFirst(6).drop { $0 == " " }
        guard let decoded = Data(base64Encoded: String(encoded)) else { return nil }
        return Array(decoded.prefix { $0 != UInt8(ascii: ":") })
    }
}

/// What is kept of an address.
extension CollectorOptions.AddressPolicy {
    func applied(to address: String) -> String? {
        switch self {
        case .keep: address
        case .drop: nil
        case .truncate: address.contains(":") ? Self.network(v6: address) : Self.network(v4: address)
        }
    }

    private static func network(v4 address: String) -> String {
        address.split(separator: ".").dropLast().joined(separator: ".") + ".0"
    }

    /// The first 48 bits of an address as `inet_ntop` writes it.
    private static func network(v6 address: String) -> String {
        let halves = address.split(separator: "::", omittingEmptySubsequences: false)
            .map { $0.split(separator: ":") }
        let given = halves.reduce(0) { $0 + $1.count }
        let zeros = Array(repeating: Substring("0"), count: max(0, 8 - given))
        let groups = (halves.first ?? []) + zeros + (halves.count > 1 ? halves[1] : [])
        return groups.prefix(3).joined(separator: ":") + "::"
    }
}
