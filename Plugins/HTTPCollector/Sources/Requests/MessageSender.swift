internal import Hummingbird
internal import NIOCore
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

    init(_ request: Request, address: SocketAddress?) {
        userAgent = request.headers[.userAgent]
        self.address = address?.ipAddress
        writeKey = Self.basicKey(request.headers[.authorization]) ?? request.uri.queryParameters["writeKey"].map { Array($0.utf8) }
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
        case .keep: return address
        case .drop: return nil
        case .truncate:
            guard let parsed = try? SocketAddress(ipAddress: address, port: 0) else { return nil }
            switch parsed {
            case .v4: return address.split(separator: ".").dropLast().joined(separator: ".") + ".0"
            case .v6(let v6): return Self.network(of: v6)
            case .unixDomainSocket: return nil
            }
        }
    }

    /// The first 48 bits.
    private static func network(of address: SocketAddress.IPv6Address) -> String? {
        var bytes = unsafe withUnsafeBytes(of: address.address.sin6_addr) { unsafe Array($0) }
        for index in bytes.indices.dropFirst(6) { bytes[index] = 0 }
        return try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0).ipAddress
    }
}
