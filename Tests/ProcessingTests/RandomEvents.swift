/// Small random traffic with everything that is awkward: ties, duplicates, late arrivals, several devices of a person,
/// missing ids, names and paths, bots, and days without events.
struct RandomEvents: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    static let userAgents = [
        ["user_agent": "bot", "is_bot": "true", "device_category": "bot", "parser_version": "1"],
        [
            "user_agent": "phone", "is_bot": "false", "device_category": "mobile", "os_name": "Android",
            "parser_version": "1",
        ],
    ]

    /// Events of about ten visitors in about nine weeks around the spring's change of clocks.
    func events(_ count: Int) -> [TestEvent] {
        var random = self
        var events: [TestEvent] = []
        for index in 0..<count {
            let day = Int.random(in: 0..<62, using: &random) / 3 * 3
            let minute = Int.random(in: 0..<144, using: &random) * 10
            let visitor = ["", "a", "b", "c", "d", "e", "f", "g", "h", "i"].randomElement(using: &random) ?? ""
            let user = [nil, nil, nil, "u1", "u2", "a"].randomElement(using: &random) ?? nil
            let name = [nil, "view", "cart", "purchase", "view"].randomElement(using: &random) ?? nil
            let type = ["track", "page", "screen"].randomElement(using: &random) ?? "track"
            var more = [
                "user_agent": ["bot", "phone", "phone", "other"].randomElement(using: &random) ?? "",
                "_file_id": "f\(index)", "_row": String(Int.random(in: 0..<4, using: &random)),
            ]
            more["page_path"] = [nil, "/", "/a", "/b"].randomElement(using: &random) ?? nil
            more["country"] = [nil, "PL", "DE"].randomElement(using: &random) ?? nil
            more["city"] = [nil, "Ulm"].randomElement(using: &random) ?? nil
            more["page_url"] =
                [nil, "https://shop.example/?utm_source=x", "https://shop.example/"]
                .randomElement(using: &random) ?? nil
            more["referrer"] =
                [nil, nil, "https://www.shop.example/", "https://google.com/"]
                .randomElement(using: &random) ?? nil
            more["traits"] = [nil, nil, "{}", "{\"n\":\(index)}"].randomElement(using: &random) ?? nil
            let time = Self.time(day: day, minute: minute)
            more["received_at"] = Self.time(day: day, minute: minute + Int.random(in: 0..<3, using: &random)) + "+00"
            let id = "e\(Int.random(in: 0..<count * 9 / 10, using: &random))"
            events.append(TestEvent(id, at: time, visitor: visitor, user: user, name: name, type: type, more))
        }
        return events
    }

    private static func time(day: Int, minute: Int) -> String {
        let dayOfYear = 59 + day + minute / 1440  // From 1 March 2026.
        let (month, start) = [(5, 120), (4, 90), (3, 59)].first { dayOfYear >= $0.1 } ?? (3, 59)
        func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        return "2026-\(pad(month))-\(pad(dayOfYear - start + 1)) \(pad(minute % 1440 / 60)):\(pad(minute % 60)):00"
    }
}
