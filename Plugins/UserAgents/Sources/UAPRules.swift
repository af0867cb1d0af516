/// What uap-core's specification says a parser returns, before anything is made of it.
struct UAPResult: Equatable {
    /// A family with up to four parts of a version; no family where no rule matches, which the specification calls `Other`.
    struct Product: Equatable {
        var family: String?
        var versions: [String?]

        /// The family; nil where no rule knows it.
        var name: String? { family == "Other" ? nil : family }

        /// The parts that are there, joined by points: `10.15.7`.
        var version: String? {
            let present = versions.prefix(3).prefix { $0 != nil }.compactMap { $0 }
            return present.isEmpty ? nil : present.joined(separator: ".")
        }
    }
    struct Device: Equatable {
        var family: String?
        var brand: String?
        var model: String?
    }
    var userAgent: Product
    var system: Product
    var device: Device
}

/// The three rule lists of uap-core, applied by its specification.
struct UAPRules {
    private let userAgents: RuleList
    private let systems: RuleList
    private let devices: RuleList

    init(_ file: RuleFile) throws {
        userAgents = try RuleList(
            file.userAgents,
            parts: [
                .init(key: "family_replacement", group: 1), .init(key: "v1_replacement", group: 2),
                .init(key: "v2_replacement", group: 3), .init(key: "v3_replacement", group: 4),
            ]
        )
        systems = try RuleList(
            file.systems,
            parts: [
                .init(key: "os_replacement", group: 1), .init(key: "os_v1_replacement", group: 2),
                .init(key: "os_v2_replacement", group: 3), .init(key: "os_v3_replacement", group: 4),
                .init(key: "os_v4_replacement", group: 5),
            ]
        )
        devices = try RuleList(
            file.devices,
            parts: [
                .init(key: "device_replacement", group: 1), .init(key: "brand_replacement", group: nil),
                .init(key: "model_replacement", group: 1),
            ]
        )
    }

    /// Applies all three lists to the header's bytes, which must be valid UTF-8.
    func result(for text: [UInt8], in room: MatchRoom) -> UAPResult {
        let device = devices.answer(for: text, in: room)
        return UAPResult(
            userAgent: Self.product(userAgents.answer(for: text, in: room)),
            system: Self.product(systems.answer(for: text, in: room)),
            device: .init(family: device?[0], brand: device?[1], model: device?[2])
        )
    }

    private static func product(_ answer: [String?]?) -> UAPResult.Product {
        .init(family: answer?[0], versions: answer.map { Array($0.dropFirst()) } ?? [])
    }
}
