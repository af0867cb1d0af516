/// A visitor's walk through the shop, one step at a time: a small state machine that knows no clock and writes nothing.
struct Visit: Sendable {
    /// What happens in one step; each is one message.
    enum Step: Sendable, Equatable {
        case home
        case list
        case search
        case product
        case productView
        case addToCart
        case cart
        case checkoutPage
        case checkout
        case identify
        case purchase
        case confirmation

        /// Whether the message is of type page.
        var isPage: Bool {
            switch self {
            case .home, .list, .product, .cart, .checkoutPage, .confirmation: true
            case .search, .productView, .addToCart, .checkout, .identify, .purchase: false
            }
        }
    }

    var visitor: Visitor
    private(set) var step: Step
    let landing: Landing
    /// The context's members that stay the same during the visit, as JSON.
    let surroundings: [UInt8]
    /// The device has no connection from here until ``reconnection``; both in milliseconds since 1970.
    var disconnection = Int64.max
    var reconnection = Int64.max
    /// How many pages a program still opens.
    var botPages = 0

    /// The page that the visitor is on: its address and `"page":{…}`.
    var url = ""
    var page: [UInt8] = []
    var isOnLandingPage = false
    private(set) var category = 0
    private(set) var product = 0
    private(set) var query = 0
    private(set) var cart: [(product: Int, quantity: Int)] = []

    init(_ visitor: Visitor, landing: Landing, surroundings: [UInt8], first step: Step, _ random: inout RandomSource) {
        self.visitor = visitor
        self.landing = landing
        self.surroundings = surroundings
        self.step = step
        enter(step, &random)
    }

    /// Decides on the next step and how many milliseconds pass before it; nil when the visitor leaves.
    mutating func advance(_ random: inout RandomSource) -> Int? {
        if visitor.isBot { return advanceBot(&random) }
        if visitor.account != nil, !visitor.isLoggedIn, step == .home || step == .list, random.chance(perMille: 350) {
            step = .identify
            return Self.pause(&random)
        }
        switch step {
        case .product:
            step = .productView
            return random.value(in: 120...900)
        case .checkoutPage:
            step = .checkout
            return random.value(in: 200...1500)
        case .purchase:
            cart = []
            step = .confirmation
            return random.value(in: 300...1200)
        case .home: return choose(&random, leave: 30, (35, .list), (15, .search), (20, .product))
        case .list: return choose(&random, leave: 27, (55, .product), (18, .list))
        case .search: return choose(&random, leave: 30, (52, .product), (18, .search))
        case .productView: return choose(&random, leave: 32, (17, .addToCart), (27, .product), (20, .list), (4, .home))
        case .addToCart: return choose(&random, leave: 14, (56, .cart), (18, .product), (12, .list))
        case .cart: return choose(&random, leave: 30, (52, .checkoutPage), (18, .list))
        case .checkout:
            return visitor.isLoggedIn || random.chance(perMille: 450)
                ? choose(&random, leave: 38, (62, .purchase)) : choose(&random, leave: 15, (85, .identify))
        case .identify:
            return cart.isEmpty
                ? choose(&random, leave: 20, (50, .list), (30, .product)) : choose(&random, leave: 25, (75, .purchase))
        case .confirmation: return choose(&random, leave: 80, (20, .home))
        }
    }

    private mutating func choose(_ random: inout RandomSource, leave: Int, _ ways: (share: Int, step: Step)...) -> Int?
    {
        var rest = random.below(100) - leave
        guard rest >= 0 else { return nil }
        for way in ways {
            rest -= way.share
            guard rest < 0 else { continue }
            enter(way.step, &random)
            return Self.pause(&random)
        }
        return nil
    }

    private mutating func advanceBot(_ random: inout RandomSource) -> Int? {
        guard botPages > 0 else { return nil }
        botPages -= 1
        guard step == .product else { return 300_000 }
        enter(.product, &random)
        return random.value(in: 2_000...6_000)
    }

    private mutating func enter(_ next: Step, _ random: inout RandomSource) {
        switch next {
        case .list: category = random.below(Catalog.categories.count)
        case .search: query = random.skewed(below: Catalog.searches.count)
        case .product: product = random.skewed(below: Catalog.products.count)
        case .addToCart: cart.append((product, random.chance(perMille: 150) ? 2 : 1))
        default: break
        }
        step = next
    }

    /// People read some seconds, and now and then the telephone rings.
    private static func pause(_ random: inout RandomSource) -> Int {
        random.chance(perMille: 25)
            ? random.value(in: 300_000...3_600_000) : 1_500 + min(random.exponential(mean: 28_000), 1_500_000)
    }
}
