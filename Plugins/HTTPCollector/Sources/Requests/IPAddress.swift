internal import Glibc
internal import NIOCore

/// An address of the Internet; IPv4 is the same address whether it came as such or mapped into IPv6.
struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// As IPv6; IPv4 is `::ffff:a.b.c.d`.
    let bits: UInt128

    private init(bits: UInt128) { self.bits = bits }
    private init(v4: UInt32) { bits = 0xFFFF << 32 | UInt128(v4) }

    /// Reads what `inet_pton` reads.
    init?(_ text: String) {
        var (v4, v6) = (in_addr_t(0), UInt128(0))
        if unsafe inet_pton(AF_INET, text, &v4) == 1 {
            self.init(v4: UInt32(bigEndian: v4))
        } else if unsafe inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(bits: UInt128(bigEndian: v6))
        } else {
            return nil
        }
    }

    /// Reads an entry of `X-Forwarded-For`: some proxies add the port, and then brackets around IPv6.
    init?(forwarded entry: Substring) {
        let text = entry.filter { $0 != " " && $0 != "\t" }
        if text.hasPrefix("[") {
            self.init(String(text.dropFirst().prefix { $0 != "]" }))
        } else if text.contains(".") {
            // A colon before the last point is one of IPv6.
            let end = text.lastIndex(of: ":").map { text[$0...].contains(".") ? text.endIndex : $0 }
            self.init(String(text[..<(end ?? text.endIndex)]))
        } else {
            self.init(text)
        }
    }

    /// The address of a socket's other end.
    init?(_ socket: SocketAddress?) {
        guard let text = socket?.ipAddress else { return nil }
        self.init(text)
    }

    private var isV4: Bool { bits >> 32 == 0xFFFF }

    /// The network of it that says little of who it is: /24 of IPv4, /48 of IPv6.
    var truncated: IPAddress { IPAddress(bits: isV4 ? bits & ~0xFF : bits & (UInt128.max << 80)) }

    /// As `inet_ntop` writes it.
    var description: String {
        guard !isV4 else {
            let v4 = UInt32(truncatingIfNeeded: bits)
            return "\(v4 >> 24).\(v4 >> 16 & 255).\(v4 >> 8 & 255).\(v4 & 255)"
        }
        var bits = bits.bigEndian
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = unsafe inet_ntop(AF_INET6, &bits, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
