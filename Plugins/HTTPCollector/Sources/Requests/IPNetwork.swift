internal import PipelineCore

/// Addresses that begin alike, as `10.0.0.0/8` or `fd00::/8`; a single one is a network too.
struct IPNetwork: Hashable, Sendable {
    private let first: UInt128
    private let mask: UInt128

    /// Reads an address, or one with the length of the prefix that counts.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let start = parts.first, let address = IPAddress(String(start)) else { return nil }
        let width = start.contains(":") ? 128 : 32
        guard let length = parts.count == 2 ? UInt8(parts[1]).map(Int.init) : width, length <= width else { return nil }
        mask = UInt128.max << (width - length)
        first = address.bits & mask
    }

    func contains(_ address: IPAddress) -> Bool { address.bits & mask == first }
}

extension [IPNetwork] {
    /// Whether one of the networks has the address.
    func contains(_ address: IPAddress) -> Bool { contains { $0.contains(address) } }
}

extension ConfigurationType where Value == IPNetwork? {
    /// An address, or a network.
    static var network: ConfigurationType {
        .scalar(
            .string(pattern: nil),
            placeholder: nil,
            example: "10.0.0.0/8",
            expected: "an address or a network",
            hint: { _ in "such as: 10.0.0.7, 10.0.0.0/8 or fd00::/8; names are not looked up" },
            read: { text in IPNetwork(text).map(Optional.some) }
        )
    }
}
