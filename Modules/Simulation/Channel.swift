/// A way on which visitors come: what the first page's address and referrer say.
struct Channel: Sendable {
    /// What the page's address carries and the client library repeats in `context.campaign`.
    struct Campaign: Sendable {
        let source: String
        let medium: String
        let names: [String]
        var terms: [String] = []
        var contents: [String] = []
        /// The parameter by which an advertising network finds its click again: `gclid`.
        var clickIdentifier: String?
    }

    let weight: Int
    /// As often as this, a visitor who comes again takes this way.
    let returningWeight: Int
    /// The address of the page with the link; empty where nobody knows.
    let referrers: [String]
    let campaign: Campaign?

    static let all: [Channel] = [
        .init(weight: 26, returningWeight: 50, referrers: [""], campaign: nil),
        .init(
            weight: 30,
            returningWeight: 18,
            referrers: [
                "https://www.google.com/", "https://www.google.com/", "https://www.google.co.uk/",
                "https://www.google.de/",
                "https://www.bing.com/", "https://duckduckgo.com/", "https://search.yahoo.co.jp/",
            ],
            campaign: nil
        ),
        .init(
            weight: 14,
            returningWeight: 4,
            referrers: ["https://www.google.com/"],
            campaign: .init(
                source: "google",
                medium: "cpc",
                names: ["brand", "spring-sale", "kitchen-generic"],
                terms: ["tea shop", "coffee mug", "frying pan"],
                clickIdentifier: "gclid"
            )
        ),
        .init(
            weight: 9,
            returningWeight: 4,
            referrers: ["https://l.facebook.com/", "https://www.instagram.com/", ""],
            campaign: .init(
                source: "facebook",
                medium: "paid_social",
                names: ["lookalike-2", "retargeting-cart"],
                contents: ["carousel", "video-15s"],
                clickIdentifier: "fbclid"
            )
        ),
        .init(
            weight: 6,
            returningWeight: 4,
            referrers: [
                "https://t.co/", "https://www.pinterest.com/", "https://www.reddit.com/r/tea/", "https://lnkd.in/",
            ],
            campaign: nil
        ),
        .init(
            weight: 4,
            returningWeight: 17,
            referrers: ["", "https://mail.google.com/"],
            campaign: .init(
                source: "newsletter",
                medium: "email",
                names: ["weekly-09", "weekly-10", "Frühling & Ostern"],
                contents: ["header", "footer"]
            )
        ),
        .init(
            weight: 8,
            returningWeight: 2,
            referrers: [
                "https://teablog.example/best-mugs", "https://news.example/gifts?p=2", "https://kücheninfo.example/",
            ],
            campaign: nil
        ),
        .init(
            weight: 3,
            returningWeight: 1,
            referrers: ["https://deals.example/"],
            campaign: .init(source: "deals.example", medium: "affiliate", names: ["partner-17"])
        ),
    ]
    static let weights = all.map(\.weight)
    static let totalWeight = weights.reduce(0, +)
    static let returningWeights = all.map(\.returningWeight)
    static let totalReturningWeight = returningWeights.reduce(0, +)
}

/// One arrival by a channel: the particulars, as the client library would send them.
struct Landing: Sendable {
    let referrer: String
    /// What follows the path in the address, `?` included; empty without a campaign.
    let query: String
    /// `,"campaign":{…}` or empty.
    let campaign: [UInt8]

    /// Somebody who typed the address.
    static let direct = Landing(referrer: "", query: "", campaign: [])

    private init(referrer: String, query: String, campaign: [UInt8]) {
        self.referrer = referrer
        self.query = query
        self.campaign = campaign
    }

    init(_ channel: Channel, _ random: inout RandomSource) {
        referrer = channel.referrers[random.below(channel.referrers.count)]
        guard let campaign = channel.campaign else {
            query = ""
            self.campaign = []
            return
        }
        let one = { (texts: [String], random: inout RandomSource) in
            texts.isEmpty ? nil : texts[random.below(texts.count)]
        }
        let values = [
            ("source", campaign.source), ("medium", campaign.medium), ("name", one(campaign.names, &random)),
            ("term", one(campaign.terms, &random)), ("content", one(campaign.contents, &random)),
        ]
        var query = ""
        var json: [UInt8] = []
        json.append(",\"campaign\":{\"")
        for case (let name, let value?) in values {
            if !query.isEmpty { json.append(",\"") }
            json.append(name)
            json.append("\":\"")
            json.append(escaping: value)
            json.append("\"")
            query += "\(query.isEmpty ? "?" : "&")utm_\(name == "name" ? "campaign" : name)=\(Self.encoded(value))"
        }
        json.append("}")
        if let parameter = campaign.clickIdentifier {
            var click: [UInt8] = []
            click.append(Identifier(&random))
            query += "&\(parameter)=\(String(decoding: click.filter { $0 != UInt8(ascii: "-") }, as: UTF8.self))"
        }
        self.query = query
        self.campaign = json
    }

    /// The text as a URL's query carries it.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch Character(Unicode.Scalar(byte)) {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_": bytes.append(byte)
            case " ": bytes.append(UInt8(ascii: "+"))
            default:
                bytes.append(UInt8(ascii: "%"))
                if byte < 16 { bytes.append(UInt8(ascii: "0")) }
                bytes.append(hexadecimal: UInt16(byte))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
