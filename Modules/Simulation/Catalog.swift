/// What the shop sells; the order is that of popularity.
enum Catalog {
    struct Category: Sendable {
        let slug: String
        let name: String
    }

    struct Product: Sendable {
        let sku: String
        let slug: String
        let name: String
        /// In euros; other currencies follow from ``Market/Currency``.
        let cents: Int
        let category: Int
    }

    static let categories = [
        Category(slug: "kitchen", name: "Kitchen"), Category(slug: "tea-coffee", name: "Tea & Coffee"),
        Category(slug: "books", name: "Books"), Category(slug: "garden", name: "Garden"),
        Category(slug: "stationery", name: "Papeterie & Stationery"), Category(slug: "toys", name: "Toys"),
    ]

    static let products: [Product] = [
        ("mug-cafe-creme", "Café crème mug", 1290, 0), ("sencha-fukamushi", "深蒸し煎茶 Fukamushi Sencha", 1850, 1),
        ("notebook-dot", "Dotted notebook A5", 990, 4), ("pan-11-inch", "Frying pan 11\"", 4490, 0),
        ("zurek-bowl", "Miska „Żurek”", 1690, 0), ("espresso-blend", "Espresso blend, 1 kg", 2190, 1),
        ("atlas-rivers", "The Atlas of Rivers", 3900, 2), ("herb-kit", "Windowsill herb kit", 2450, 3),
        ("fountain-pen", "Fountain pen, fine nib", 5900, 4), ("wooden-train", "Wooden train, 12 parts", 3450, 5),
        ("chopping-board", "Chopping board, oak", 2790, 0), ("darjeeling", "Darjeeling First Flush", 1590, 1),
        ("novel-winter", "A Winter in Łódź", 1890, 2), ("secateurs", "Secateurs Nº 2", 3190, 3),
        ("ink-blue", "Ink, «bleu nuit»", 1450, 4), ("puzzle-1000", "Puzzle, 1,000 pieces", 1990, 5),
        ("chef-knife", "Chef's knife 20 cm", 7900, 0), ("moka-pot", "Moka pot, 6 cups", 3290, 1),
        ("cookbook", "Ottolenghi-style mezze", 2990, 2), ("watering-can", "Watering can 5 l", 2690, 3),
        ("letter-paper", "Briefpapier, Bütten", 1190, 4), ("kite", "Kite “Garuda”", 2390, 5),
        ("salad-spinner", "Salad spinner", 1990, 0), ("matcha-set", "抹茶 Matcha set", 4690, 1),
        ("poetry", "Poesía reunida", 1690, 2), ("bulbs-tulip", "Tulip bulbs, 25", 1290, 3),
        ("calendar", "Wall calendar", 1590, 4), ("plush-bear", "Plush bear 🐻", 2290, 5),
        ("pepper-mill", "Pepper mill", 3590, 0), ("honey", "Heather honey 500 g", 1090, 1),
        ("dictionary", "Słownik / Dictionary", 4590, 2), ("gloves", "Gardening gloves", 1390, 3),
        ("sealing-wax", "Sealing wax", 890, 4), ("chess-set", "Chess set", 5490, 5),
        ("dutch-oven", "Dutch oven 26 cm", 18900, 0), ("gift-card", "Gift card", 5000, 4),
    ]
    .enumerated().map { position, product in
        Product(sku: "SKU-\(1001 + position)", slug: product.0, name: product.1, cents: product.2, category: product.3)
    }

    /// What people type into the search field, plain and as a URL carries it.
    static let searches: [(text: String, encoded: String)] = [
        ("mug", "mug"), ("tea", "tea"), ("gift for dad", "gift+for+dad"), ("żurek", "%C5%BCurek"),
        ("抹茶", "%E6%8A%B9%E8%8C%B6"), ("knife", "knife"), ("café", "caf%C3%A9"), ("11\" pan", "11%22+pan"),
        ("🎁", "%F0%9F%8E%81"), ("notebok", "notebok"),
    ]
}
