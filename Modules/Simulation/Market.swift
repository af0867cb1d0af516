/// A country in which the shop has customers, and the addresses that they have.
struct Market: Sendable {
    enum Currency: String, Sendable, CaseIterable {
        case euro = "EUR"
        case pound = "GBP"
        case dollar = "USD"

        /// What a price in euro cents is in this currency's cents.
        func cents(_ euroCents: Int) -> Int {
            switch self {
            case .euro: euroCents
            case .pound: euroCents * 86 / 100
            case .dollar: euroCents * 109 / 100
            }
        }
    }

    enum Addresses: Sendable {
        /// The first three numbers and the range of the fourth.
        case v4(String, ClosedRange<Int>)
        /// The first two groups.
        case v6(String)
    }

    let weight: Int
    let addresses: Addresses
    let locale: String
    let timezone: String
    let currency: Currency

    /// An address of the market.
    func address(_ random: inout RandomSource) -> [UInt8] {
        var bytes: [UInt8] = []
        switch addresses {
        case .v4(let prefix, let range):
            bytes.append(prefix)
            bytes.append(random.value(in: range))
        case .v6(let prefix):
            bytes.append(prefix)
            for _ in 0..<2 {
                bytes.append(hexadecimal: UInt16(random.value(in: 1...0xFFFF)))
                bytes.append(UInt8(ascii: ":"))
            }
            bytes.append(UInt8(ascii: ":"))
            bytes.append(hexadecimal: UInt16(random.value(in: 1...0xFFFF)))
        }
        return bytes
    }

    /// No address belongs to a person: they are in networks that MaxMind's test database places, else in those
    /// reserved for documentation (RFC 5737, RFC 3849), which no database places.
    static let all: [Market] = [
        .init(weight: 30, .v4("81.2.69.", 142...207), "en-GB", "Europe/London", .pound),
        .init(weight: 6, .v4("2.125.160.", 216...223), "en-GB", "Europe/London", .pound),
        .init(weight: 16, .v4("89.160.20.", 112...255), "sv-SE", "Europe/Stockholm", .euro),
        .init(weight: 14, .v4("214.78.120.", 0...255), "en-US", "America/Los_Angeles", .dollar),
        .init(weight: 8, .v4("216.160.83.", 56...63), "en-US", "America/Los_Angeles", .dollar),
        .init(weight: 7, .v6("2001:218:"), "ja-JP", "Asia/Tokyo", .dollar),
        .init(weight: 4, .v6("2001:220:"), "ko-KR", "Asia/Seoul", .dollar),
        .init(weight: 4, .v4("175.16.199.", 0...255), "zh-CN", "Asia/Shanghai", .dollar),
        .init(weight: 3, .v4("202.196.224.", 0...255), "en-PH", "Asia/Manila", .dollar),
        .init(weight: 1, .v4("67.43.156.", 0...255), "dz-BT", "Asia/Thimphu", .dollar),
        .init(weight: 22, .v4("192.0.2.", 1...254), "de-DE", "Europe/Berlin", .euro),
        .init(weight: 18, .v4("198.51.100.", 1...254), "pl-PL", "Europe/Warsaw", .euro),
        .init(weight: 9, .v4("203.0.113.", 1...254), "fr-FR", "Europe/Paris", .euro),
        .init(weight: 6, .v6("2001:db8:"), "es-ES", "Europe/Madrid", .euro),
    ]
    static let weights = all.map(\.weight)
    static let totalWeight = weights.reduce(0, +)

    private init(weight: Int, _ addresses: Addresses, _ locale: String, _ timezone: String, _ currency: Currency) {
        self.weight = weight
        self.addresses = addresses
        self.locale = locale
        self.timezone = timezone
        self.currency = currency
    }
}
