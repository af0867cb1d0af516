/// A kind of device with the header that its browser sends.
struct Device: Sendable {
    let weight: Int
    /// Loses its connection now and then and sends later.
    let isMobile: Bool
    let screens: [(width: Int, height: Int)]
    let userAgent: String

    private init(_ weight: Int, mobile: Bool = false, _ screens: [(width: Int, height: Int)], _ userAgent: String) {
        self.weight = weight
        self.isMobile = mobile
        self.screens = screens
        self.userAgent = userAgent
    }

    private static let webKit = "AppleWebKit/537.36 (KHTML, like Gecko)"
    private static let appleWebKit = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
    private static let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64"
    private static let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7"
    private static let pcScreens: [(width: Int, height: Int)] = [(1920, 1080), (2560, 1440), (1366, 768), (1536, 864)]
    private static let macScreens: [(width: Int, height: Int)] = [(1440, 900), (1512, 982), (1728, 1117)]
    private static let iPhoneScreens: [(width: Int, height: Int)] = [(390, 844), (393, 852), (430, 932)]

    /// The devices of people.
    static let all: [Device] = [
        .init(90, pcScreens, "\(windows)) \(webKit) Chrome/141.0.0.0 Safari/537.36"),
        .init(50, pcScreens, "\(windows)) \(webKit) Chrome/140.0.0.0 Safari/537.36"),
        .init(15, pcScreens, "\(windows)) \(webKit) Chrome/126.0.0.0 Safari/537.36"),
        .init(40, pcScreens, "\(windows)) \(webKit) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"),
        .init(25, pcScreens, "\(windows); rv:143.0) Gecko/20100101 Firefox/143.0"),
        .init(6, pcScreens, "\(windows)) \(webKit) Chrome/139.0.0.0 Safari/537.36 OPR/124.0.0.0"),
        .init(2, [(1366, 768)], "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko"),
        .init(45, macScreens, "\(mac)) \(appleWebKit) Version/18.6 Safari/605.1.15"),
        .init(30, macScreens, "\(mac)) \(webKit) Chrome/141.0.0.0 Safari/537.36"),
        .init(9, macScreens, "\(mac); rv:143.0) Gecko/20100101 Firefox/143.0"),
        .init(8, pcScreens, "Mozilla/5.0 (X11; Linux x86_64) \(webKit) Chrome/141.0.0.0 Safari/537.36"),
        .init(8, pcScreens, "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"),
        .init(5, [(1366, 768)], "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) \(webKit) Chrome/140.0.0.0 Safari/537.36"),
        iPhone(80, "18_6", "Version/18.6 Mobile/15E148 Safari/604.1"),
        iPhone(45, "17_6_1", "Version/17.6 Mobile/15E148 Safari/604.1"),
        iPhone(18, "18_6", "CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1"),
        iPhone(14, "18_6", "Mobile/15E148 Instagram 402.0.0.38.109 (iPhone15,2; iOS 18_6; en_GB; en; scale=3.00)"),
        android(60, "10; K", (412, 915), "Chrome/141.0.0.0 Mobile Safari/537.36"),
        android(22, "14; Pixel 8", (412, 915), "Chrome/140.0.7339.51 Mobile Safari/537.36"),
        android(25, "15; SM-S918B", (384, 854), "Chrome/140.0.7339.51 Mobile Safari/537.36"),
        android(16, "14; SAMSUNG SM-A546B", (412, 915), "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"),
        android(12, "13; 2201117TG", (393, 873), "Chrome/139.0.0.0 Mobile Safari/537.36"),
        android(8, "12; M2101K6G", (393, 873), "Chrome/126.0.0.0 Mobile Safari/537.36"),
        android(5, "14; CPH2581", (360, 800), "Chrome/141.0.0.0 Mobile Safari/537.36 OPR/92.0.0.0"),
        .init(7, mobile: true, [(412, 915)], "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0"),
        android(9, "14; SM-X700", (800, 1280), "Chrome/141.0.0.0 Safari/537.36"),
        android(4, "11; KFTRWI", (800, 1280), "Silk/139.4.1 like Chrome/139.0.0.0 Safari/537.36"),
        .init(
            10,
            mobile: true,
            [(820, 1180), (744, 1133)],
            "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) \(appleWebKit) CriOS/140.0.7339.101 Mobile/15E148 Safari/604.1"
        ),
        .init(
            2,
            [(1920, 1080)],
            "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) \(webKit) 94.0.4606.31/7.0 TV Safari/537.36"
        ),
        .init(
            1,
            [(1920, 1080)],
            "Mozilla/5.0 (PlayStation; PlayStation 5/9.60) \(appleWebKit) Version/13.0 Safari/605.1.15"
        ),
    ]
    static let weights = all.map(\.weight)
    static let totalWeight = weights.reduce(0, +)

    /// Programs that open pages and run their scripts; the first is a monitor that never leaves.
    static let bots: [Device] = [
        .init(0, [(1024, 768)], "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"),
        .init(
            1,
            [(412, 732)],
            "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) \(webKit) Chrome/141.0.7390.54 Mobile Safari/537.36 "
                + "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
        ),
        .init(
            1,
            [(1024, 768)],
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) "
                + "Chrome/116.0.1938.76 Safari/537.36"
        ),
        .init(1, [(1280, 800)], "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
        .init(1, [(800, 600)], "\(mac)) \(webKit) HeadlessChrome/141.0.0.0 Safari/537.36"),
        .init(1, [(1024, 768)], "Mozilla/5.0 \(webKit); compatible; GPTBot/1.2; +https://openai.com/gptbot"),
    ]

    private static func iPhone(_ weight: Int, _ system: String, _ rest: String) -> Device {
        let userAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS \(system) like Mac OS X) \(appleWebKit) \(rest)"
        return .init(weight, mobile: true, iPhoneScreens, userAgent)
    }

    private static func android(_ weight: Int, _ model: String, _ screen: (Int, Int), _ rest: String) -> Device {
        .init(weight, mobile: true, [screen], "Mozilla/5.0 (Linux; Android \(model)) \(webKit) \(rest)")
    }
}
