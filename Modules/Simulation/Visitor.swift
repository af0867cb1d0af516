/// One browser on one device, from its first visit to its last.
struct Visitor: Sendable {
    let identifier: Identifier
    let market: Int
    let device: Device
    let screen: Int
    let isBot: Bool
    /// The address at home; away from it, a visit has another one.
    let address: [UInt8]
    /// The number of the person's account; several visitors have the same one.
    var account: Int?
    var isLoggedIn = false
    var visits = 0
    /// When the visitor last did something, in milliseconds since 1970.
    var lastSeen: Int64?

    /// Somebody new; `account` where it is another device of a known customer, who lives in `market`.
    static func person(account: Int?, market known: Int?, _ random: inout RandomSource) -> Visitor {
        let market = known ?? random.position(weights: Market.weights, total: Market.totalWeight)
        let device = Device.all[random.position(weights: Device.weights, total: Device.totalWeight)]
        return Visitor(market: market, device: device, isBot: false, account: account, &random)
    }

    /// A program; the first kind of ``Device/bots`` is the monitor.
    static func bot(kind: Int, _ random: inout RandomSource) -> Visitor {
        Visitor(market: 0, device: Device.bots[kind], isBot: true, account: nil, &random)
    }

    private init(market: Int, device: Device, isBot: Bool, account: Int?, _ random: inout RandomSource) {
        identifier = Identifier(&random)
        self.market = market
        self.device = device
        screen = random.below(device.screens.count)
        self.isBot = isBot
        self.account = account
        address = Market.all[market].address(&random)
    }
}

/// What the shop knows about a customer; follows from the number alone.
struct Account {
    private static let firstNames = [
        "Zoë", "Łukasz", "Åsa", "José", "Müge", "Chloé", "Ines", "Tom", "Ágnes", "Sofía", "健太", "지우", "Emma", "Noah",
        "Mia", "O'Neil",
    ]
    private static let lastNames = [
        "Ångström", "Nowak", "Müller", "García", "Smith", "Dubois", "Kowalska", "Svensson", "田中", "Brown", "Çelik",
        "Taylor",
        "D'Arcy",
    ]
    private static let plans = ["basic", "basic", "basic", "plus", "plus", "gold"]

    let number: Int

    /// Appends `{"email":…}`.
    func appendTraits(to bytes: inout [UInt8]) {
        bytes.append("{\"email\":\"customer")
        bytes.append(number)
        bytes.append("@mail.example\",\"name\":\"")
        bytes.append(escaping: Self.firstNames[number * 7 % Self.firstNames.count])
        bytes.append(" ")
        bytes.append(escaping: Self.lastNames[number * 5 % Self.lastNames.count])
        bytes.append("\",\"plan\":\"")
        bytes.append(Self.plans[number * 11 % Self.plans.count])
        bytes.append("\",\"newsletter\":")
        bytes.append(number % 3 == 0 ? "true}" : "false}")
    }
}
