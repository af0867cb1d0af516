/// Headers as browsers, apps and programs send them.
enum Headers {
    private static let webKit = "AppleWebKit/537.36 (KHTML, like Gecko)"
    static let chromeOnWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) \(webKit) Chrome/126.0.0.0 Safari/537.36"
    private static let macintosh = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
    private static let android = "Mozilla/5.0 (Linux; Android 14;"

    static let categories: [(String, String?)] = [
        (chromeOnWindows, "desktop"),
        ("\(chromeOnWindows) Edg/126.0.2592.87", "desktop"),
        ("\(macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "desktop"),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "desktop"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) \(webKit) Chrome/126.0.0.0 Safari/537.36", "desktop"),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; SLCC2; Tablet PC 2.0)", "desktop"),
        ("\(android) K) \(webKit) Chrome/126.0.0.0 Mobile Safari/537.36", "mobile"),
        ("\(android) CUBOT X30) \(webKit) Chrome/126.0.0.0 Mobile Safari/537.36", "mobile"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "mobile"),
        ("Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/AP2A.240705.005)", "mobile"),
        ("Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) \(webKit) Edge/15.15063", "mobile"),
        ("Nokia6300/2.0 (05.50) Profile/MIDP-2.0 Configuration/CLDC-1.1", "mobile"),
        ("Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", "mobile"),
        ("\(android) SM-X700) \(webKit) Chrome/126.0.0.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Version/12.1.2 Mobile/15E148", "tablet"),
        ("Mozilla/5.0 (Linux; Android 9; KFMAWI) \(webKit) Silk/126.1 like Chrome/126.0.0.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) \(webKit) 94.0.4606.31/7.0 TV Safari/537.36", "tv"),
        ("Mozilla/5.0 (Web0S; Linux/SmartTV) \(webKit) Chrome/94.0.4606.128 Safari/537.36 WebAppManager", "tv"),
        ("Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7633) \(webKit) Chrome/110.0.0.0 Mobile Safari/537.36", "tv"),
        ("Mozilla/5.0 (PlayStation; PlayStation 5/8.20) AppleWebKit/605.1.15 (KHTML, like Gecko)", "console"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) \(webKit) Edge/44.18363.8131", "console"),
        ("Mozilla/5.0 (Nintendo Switch; WebApplet) AppleWebKit/606.4 (KHTML, like Gecko) NF/6.0.1.15.4", "console"),
        ("server-bag [Watch OS,10.5,21T576,Watch6,9]", "wearable"),
        ("Mozilla/5.0 (X11; GNU/Linux) \(webKit) Chromium/98.0 Chrome/98.0 Safari/537.36 Tesla/2024.14", "car"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot"),
        ("\(android) Nexus 5X) \(webKit) Chrome/126.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1;)", "bot"),
        ("Mozilla/5.0 \(webKit); compatible; GPTBot/1.2; +https://openai.com/gptbot", "bot"),
        ("\(macintosh) \(webKit) Chrome/126.0 Safari/537.36; compatible; OAI-SearchBot/1.0", "bot"),
        ("Mozilla/5.0 \(webKit); compatible; ClaudeBot/1.0; +claudebot@example.com)", "bot"),
        ("\(macintosh) \(webKit) HeadlessChrome/126.0.0.0 Safari/537.36", "bot"),
        ("curl/8.5.0", "bot"), ("python-requests/2.32.3", "bot"), ("Go-http-client/2.0", "bot"),
        ("Wget/1.21.3", "bot"), ("kube-probe/1.30", "bot"),
        ("Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "bot"),
        ("okhttp/4.12.0", nil), ("MyShop/3.1 CFNetwork/1494.0.7 Darwin/23.4.0", "mobile"),
    ]
}
