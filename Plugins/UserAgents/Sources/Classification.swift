/// The rules by which a header becomes a device category, in the order in which they are tried.
///
/// uap-core names products but has no categories, and its list of crawlers is from 2022; these rules are ours. Change
/// ``revision`` with any of them. Limits of what a header says: an iPad that asks for desktop pages calls itself a Mac,
/// and a desktop browser that pretends to be a phone is a phone here.
enum Classification {
    /// Part of the parser's version, so that stored results can be told from new ones.
    static let revision = 1

    /// Programs without a person in front of them; what uap-core calls a Spider is a bot as well.
    ///
    /// HTTP libraries that apps carry to people's phones (okhttp, Dalvik, CFNetwork, Dart) are not in the list.
    static let bots: [String] = [
        // Scripts and HTTP libraries, at the start only: browsers do not begin like this.
        #"^(?:curl|libcurl|Wget|HTTPie|python-requests|python-httpx|Python-urllib|Python|aiohttp|PycURL|http\.rb|libfetch)/"#,
        #"^(?:Go-http-client|Java|Java-http-client|Apache-HttpClient|libwww-perl|lwp-request|LWP::Simple)/\d"#,
        #"^(?:Ruby|Faraday|PHP|GuzzleHttp|node-fetch|node|axios|undici|got|superagent|reqwest|ureq|HTTPClient)(?:/| v?\d|$)"#,
        #"^(?:PostmanRuntime|insomnia|k6|ApacheBench|JMeter|Siege|wrk|vegeta|fasthttp|resty|Deno|Bun|PowerShell)/"#,
        // Browsers that a program drives.
        #"Headless(?:Chrome|Chromium|Edg|Firefox)|PhantomJS|SlimerJS|Puppeteer|Playwright|Selenium|jsdom/|Lighthouse"#,
        // Monitors and health checks.
        #"kube-probe|GoogleHC/|ELB-HealthChecker|Amazon-Route53-Health|Cloudflare-Health|check_http|Nagios|Zabbix"#,
        #"Prometheus/|Blackbox Exporter|Pingdom|StatusCake|Site24x7|UptimeRobot|Uptime-Kuma|Better ?Uptime|HetrixTools"#,
        #"Datadog|New ?Relic|Catchpoint|Dynatrace|GTmetrix|Checkly|Freshping|Monitis|WebPageTest|Rackspace Monitoring"#,
        // Who gives an address to complain to, by the custom of a plus sign, is no browser; nor are feed fetchers.
        #"\+ ?https?://|\d (?:subscribers|readers)\b|feed-?(?:burner|parser|fetcher)|link ?(?:check|validat)"#,
        // Crawlers and link previews that name themselves far behind in the header or came after uap-core's list.
        #"(?:^|[ ;(+/])(?!CUBOT)[\w.-]{0,40}bot(?:[/;) ]|-\w|$)|crawler|spider|facebookexternalhit|meta-external"#,
        #"Google-InspectionTool|GoogleOther|Mediapartners-Google|FeedFetcher-Google|Google-Read-Aloud|APIs-Google"#,
        #"ChatGPT-User|Claude-User|Perplexity-User|cohere-ai|ia_archiver|BingPreview|Embedly|SkypeUriPreview|vkShare"#,
    ]

    /// What the header itself says.
    static let headers: [(category: String, expression: String)] = [
        (
            "tv",
            #"Smart-?TV|HbbTV|Google ?TV|Android ?TV|Apple ?TV|AppleCoreMedia.*\bTV\b|tvOS|NetCast|NETTV|Web0S|webOS\.TV"#
        ),
        (
            "tv",
            #"WebTV|InettvBrowser|TSBNetTV|\bDTV|BRAVIA|Viera|VIDAA|\bRoku|CrKey|\bAFT[A-Z0-9]{1,6}\b|MiTV|MIBOX|Opera TV"#
        ),
        ("tv", #"Tizen.*\bTV\b|Maple[ _]?20\d\d|SonyCEBrowser|OMI/\d"#),
        ("console", #"PlayStation|PLAYSTATION|\bPSP\b|Nintendo|\bWii\b|\bXbox\b|Dreamcast"#),
        ("wearable", #"watchOS|Watch OS|Apple ?Watch|\bWatch\d,\d|\bWear ?OS\b|\bSM-[RV]\d{3}"#),
        ("car", #"QtCarBrowser|\bTesla/|CarPlay|Android ?Automotive|\bAAOS\b"#),
        (
            "tablet",
            #"\biPad|Tablet(?! PC)|PlayBook|Windows NT 6\.[23]; ARM|\bSilk\b|\bKF[A-Z]{2,5}\b|\bKindle|\bNook\b|hp-tablet|TouchPad"#
        ),
        ("tablet", #"Android.*(?:Tab|Pad|\bXoom|\bNexus (?:7|9|10)|\bGT-P\d{4}\w?|\bSM-[TPX]\d{3}\w*)\b"#),
        (
            "mobile",
            #"Mobi(?:le)?\b|\bMobile[A-Z/]|IEMobile|iPhone|iPod|Windows (?:Phone|CE|Mobile)|BlackBerry|\bBB10\b"#
        ),
        (
            "mobile",
            #"\bMIDP|\bCLDC|J2ME|Symbian|SymbOS|Series ?[346]0|\bS60\b|Palm|webOS/|hpwOS|Opera (?:Mini|Mobi)|UCWEB|KAIOS|BREW"#
        ),
        (
            "mobile",
            #"UP\.Browser|Openwave|Obigo|NetFront|Teleca|\bMAUI\b|WAP[ /-]?Browser|\bWAP[12]\.|SEMC-Browser|OneBrowser"#
        ),
        // Browsers on Android say Mobile on phones and leave it out on tablets.
        ("tablet", #"Android.*(?:Safari|Gecko|Chrome)/\d"#),
    ]

    /// What the system says where the header did not: families as uap-core names them.
    static let systems: [String: String] = {
        let families = [
            "desktop": [
                "Windows", "Mac OS X", "Mac OS", "Linux", "Chrome OS", "Ubuntu", "Kubuntu", "Lubuntu", "Debian",
                "Fedora",
                "Red Hat", "CentOS", "Gentoo", "Arch Linux", "Mageia", "Mandriva", "openSUSE", "SUSE", "Slackware",
                "PCLinuxOS", "Puppy", "BackTrack", "Linux Mint", "SerenityOS", "FreeBSD", "OpenBSD", "NetBSD", "BSD",
                "Solaris",
            ],
            "mobile": [
                "Android", "iOS", "Windows Phone", "Windows Mobile", "BlackBerry OS", "Symbian OS", "Symbian^3",
                "Symbian^3 Anna", "Symbian^3 Belle", "Nokia Series 40", "Nokia Series 30 Plus", "KaiOS", "Firefox OS",
                "Bada",
                "BREW", "Brew MP", "MeeGo", "Maemo", "Sailfish", "webOS", "Tizen",
            ],
            "tablet": ["BlackBerry Tablet OS", "WeTab", "Kindle"],
            "tv": [
                "ATV OS X", "tvOS", "GoogleTV", "WebTV", "Chromecast", "Roku", "FireHbbTV", "Web0S", "Samsung", "LG",
                "Philips",
            ],
            "wearable": ["WatchOS"],
        ]
        var categories: [String: String] = [:]
        for (category, names) in families {
            for name in names { categories[name] = category }
        }
        return categories
    }()

    /// What uap-core's device says where neither header nor system did: a maker's name alone means a feature phone.
    ///
    /// Its placeholder "Feature Phone" says nothing, because it follows from any header that begins with one of some
    /// hundred words as short as `http`.
    static func category(ofDevice device: UAPResult.Device) -> String? {
        switch (device.brand, device.model) {
        case (nil, _), (_, "Feature Phone"): nil
        case ("Generic_Inettv", _): "tv"
        case (_, "Tablet"): "tablet"
        default: "mobile"
        }
    }

    /// Brands of uap-core that stand for "no brand known".
    static let placeholderBrands: Set<String> = [
        "Generic", "Generic_Android", "Generic_Android_Tablet", "Generic_Inettv", "Spider",
    ]

    /// Models that stand for "no model known": uap-core's, and the `K` that Chrome says for every Android device.
    static let placeholderModels: Set<String> = ["Smartphone", "Feature Phone", "Tablet", "Desktop", "K"]
}
