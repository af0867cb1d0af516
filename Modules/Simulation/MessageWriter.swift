/// Writes one step of a visit as a message of Segment's form: one JSON object, without the moments of its transport.
struct MessageWriter: Sendable {
    private static let shop = "https://shop.example"
    private var clock = Clock()

    /// The message up to where ``finish(_:sent:received:)`` goes on.
    mutating func message(
        _ visit: inout Visit,
        at time: Int64,
        order: Int,
        _ random: inout RandomSource
    ) -> [UInt8] {
        navigate(&visit)
        var line: [UInt8] = []
        line.reserveCapacity(1024)
        line.append("{\"messageId\":\"")
        line.append(Identifier(&random))
        line.append(Self.head(of: visit.step))
        line.append("\"anonymousId\":\"")
        line.append(visit.visitor.identifier)
        line.append("\",\"userId\":")
        if visit.visitor.isLoggedIn, let account = visit.visitor.account {
            line.append("\"user-")
            line.append(account)
            line.append("\"")
        } else {
            line.append("null")
        }
        line.append(",\"timestamp\":\"")
        clock.append(time, to: &line)
        line.append("\",\"context\":{")
        line += visit.surroundings
        if visit.isOnLandingPage { line += visit.landing.campaign }
        line.append(",")
        line += visit.page
        line.append("}")
        appendContent(of: visit, order: order, to: &line)
        return line
    }

    /// The whole line: the message with when it was sent and when it arrived, in milliseconds since 1970.
    mutating func finish(_ message: [UInt8], sent: Int64, received: Int64) -> [UInt8] {
        var line = message
        line.append(",\"sentAt\":\"")
        clock.append(sent, to: &line)
        line.append("\",\"receivedAt\":\"")
        clock.append(received, to: &line)
        line.append("\"}\n")
        return line
    }

    /// The context's members that stay the same during a visit.
    static func surroundings(of visitor: Visitor, address: [UInt8]) -> [UInt8] {
        let market = Market.all[visitor.market]
        let screen = visitor.device.screens[visitor.screen]
        var json: [UInt8] = []
        json.append("\"ip\":\"")
        json += address
        json.append("\",\"userAgent\":\"")
        json.append(escaping: visitor.device.userAgent)
        json.append("\",\"locale\":\"\(market.locale)\",\"timezone\":\"\(market.timezone)\"")
        json.append(",\"screen\":{\"width\":\(screen.width),\"height\":\(screen.height)}")
        json.append(",\"library\":{\"name\":\"analytics.js\",\"version\":\"2.11.1\"}")
        return json
    }

    /// Between the message's id and the visitor's: what kind of message it is.
    private static func head(of step: Visit.Step) -> String {
        switch step {
        case .home: "\",\"type\":\"page\",\"name\":\"Home\","
        case .list: "\",\"type\":\"page\",\"name\":\"Category\","
        case .product: "\",\"type\":\"page\",\"name\":\"Product\","
        case .cart: "\",\"type\":\"page\",\"name\":\"Cart\","
        case .checkoutPage: "\",\"type\":\"page\",\"name\":\"Checkout\","
        case .confirmation: "\",\"type\":\"page\",\"name\":\"Confirmation\","
        case .search: "\",\"type\":\"track\",\"event\":\"search\","
        case .productView: "\",\"type\":\"track\",\"event\":\"product_view\","
        case .addToCart: "\",\"type\":\"track\",\"event\":\"add_to_cart\","
        case .checkout: "\",\"type\":\"track\",\"event\":\"checkout\","
        case .purchase: "\",\"type\":\"track\",\"event\":\"purchase\","
        case .identify: "\",\"type\":\"identify\","
        }
    }

    /// Opens the step's page, if it has one of its own.
    private func navigate(_ visit: inout Visit) {
        let category = Catalog.categories[visit.category]
        let product = Catalog.products[visit.product]
        let search = Catalog.searches[visit.query]
        let (path, query, title) =
            switch visit.step {
            case .home: ("/", "", "Home")
            case .list: ("/category/\(category.slug)", "", category.name)
            case .search: ("/search", "?q=\(search.encoded)", "Search: \(search.text)")
            case .product: ("/product/\(product.slug)", "", product.name)
            case .cart: ("/cart", "", "Your cart")
            case .checkoutPage: ("/checkout", "", "Checkout")
            case .confirmation: ("/checkout/confirmation", "", "Thank you")
            case .productView, .addToCart, .checkout, .identify, .purchase: ("", "", "")
            }
        guard !path.isEmpty else { return }
        let isLanding = visit.url.isEmpty
        let referrer = isLanding ? visit.landing.referrer : visit.url
        visit.isOnLandingPage = isLanding
        visit.url = Self.shop + path + query + (isLanding ? visit.landing.query : "")
        visit.page.removeAll(keepingCapacity: true)
        visit.page.append("\"page\":{\"url\":\"")
        visit.page.append(visit.url)
        visit.page.append("\",\"path\":\"")
        visit.page.append(path)
        visit.page.append("\",\"title\":\"")
        visit.page.append(escaping: title)
        visit.page.append(" – Teapot & Co.\",\"referrer\":\"")
        visit.page.append(referrer)
        visit.page.append("\"}")
    }

    /// `,"properties":{…}` or `,"traits":{…}`.
    private func appendContent(of visit: Visit, order: Int, to line: inout [UInt8]) {
        let currency = Market.all[visit.visitor.market].currency
        if visit.step == .identify, let account = visit.visitor.account {
            line.append(",\"traits\":")
            Account(number: account).appendTraits(to: &line)
            return
        }
        line.append(",\"properties\":{")
        switch visit.step {
        case .list:
            line.append("\"category\":\"")
            line.append(escaping: Catalog.categories[visit.category].name)
            line.append("\"")
        case .search:
            line.append("\"query\":\"")
            line.append(escaping: Catalog.searches[visit.query].text)
            line.append("\"")
        case .productView, .addToCart:
            let quantity = visit.step == .addToCart ? visit.cart.last?.quantity ?? 1 : 1
            append((visit.product, quantity), currency, to: &line)
            append(currency, to: &line)
        case .checkout, .purchase:
            if visit.step == .purchase {
                line.append("\"order_id\":\"T-")
                line.append(order, width: 7)
                line.append("\",\"revenue\":")
                line.append(cents: visit.total)
                line.append(",\"shipping\":4.90")
            } else {
                line.append("\"value\":")
                line.append(cents: visit.total)
            }
            append(currency, to: &line)
            line.append(",\"products\":[")
            for (position, item) in visit.cart.enumerated() {
                line.append(position == 0 ? "{" : ",{")
                append(item, currency, to: &line)
                line.append("}")
            }
            line.append("]")
        default: break
        }
        line.append("}")
    }

    private func append(_ currency: Market.Currency, to line: inout [UInt8]) {
        line.append(",\"currency\":\"")
        line.append(currency.rawValue)
        line.append("\"")
    }

    private func append(
        _ item: (product: Int, quantity: Int),
        _ currency: Market.Currency,
        to line: inout [UInt8]
    ) {
        let product = Catalog.products[item.product]
        line.append("\"sku\":\"")
        line.append(product.sku)
        line.append("\",\"name\":\"")
        line.append(escaping: product.name)
        line.append("\",\"category\":\"")
        line.append(escaping: Catalog.categories[product.category].name)
        line.append("\",\"price\":")
        line.append(cents: currency.cents(product.cents))
        line.append(",\"quantity\":")
        line.append(item.quantity)
    }
}

extension Visit {
    /// What the cart costs, in cents of the market's currency, without shipping.
    var total: Int {
        let currency = Market.all[visitor.market].currency
        return cart.reduce(0) { $0 + currency.cents(Catalog.products[$1.product].cents) * $1.quantity }
    }
}
