import PipelineCore
import Processing
import Testing

@Suite struct ClickstreamChannelTests {
    /// The query of the page's address, the referrer, the channel.
    static let cases: [(query: String, referrer: String, channel: String)] = [
        ("", "", "Direct"),
        ("", "https://shop.example/a", "Direct"),
        ("", "https://www.shop.example/a", "Direct"),
        ("", "not an address", "Direct"),
        ("", "https://www.google.pl/search?q=x", "Organic Search"),
        ("", "https://duckduckgo.com/", "Organic Search"),
        ("", "android-app://com.google.android.googlequicksearchbox/", "Organic Search"),
        ("", "https://pl.search.yahoo.com/", "Organic Search"),
        ("", "https://finance.yahoo.com/", "Referral"),
        ("", "https://docs.google.com/", "Referral"),
        ("", "https://mail.google.com/", "Email"),
        ("", "android-app://com.google.android.gm/", "Email"),
        ("", "https://l.facebook.com/l.php", "Organic Social"),
        ("", "https://t.co/abc", "Organic Social"),
        ("", "https://best.co/abc", "Referral"),
        ("", "https://blog.example/", "Referral"),
        ("", "https://notgoogle.example/", "Referral"),
        ("", "https://blog.shop.example/", "Referral"),
        ("utm_source=google&utm_medium=cpc", "", "Paid Search"),
        ("utm_source=Google_Ads&utm_medium=PPC", "", "Paid Search"),
        ("utm_source=facebook&utm_medium=paid", "", "Paid Social"),
        ("utm_source=fb&utm_medium=cpc", "https://google.com/", "Paid Social"),
        ("utm_source=x&utm_medium=paid_social", "", "Paid Social"),
        ("utm_source=agency&utm_medium=paid-search", "", "Paid Search"),
        ("utm_source=agency&utm_medium=cpc&gclid=1", "", "Paid Search"),
        ("utm_source=agency&utm_medium=cpc&fbclid=1", "", "Paid Social"),
        ("utm_source=agency&utm_medium=cpc", "https://www.bing.com/", "Paid Search"),
        ("utm_source=agency&utm_medium=cpc", "", "Paid Other"),
        ("utm_source=google&utm_medium=cpm", "", "Display"),
        ("utm_source=google&utm_medium=display", "", "Display"),
        ("utm_source=may&utm_medium=E-mail", "https://google.com/", "Email"),
        ("utm_source=newsletter", "", "Email"),
        ("utm_source=x&utm_medium=sms", "", "SMS"),
        ("utm_source=x&utm_medium=web-push", "", "Push"),
        ("utm_source=partner&utm_medium=affiliate", "", "Affiliates"),
        ("utm_source=google&utm_medium=organic", "", "Organic Search"),
        ("utm_source=facebook&utm_medium=organic", "", "Organic Social"),
        ("utm_source=x&utm_medium=social", "", "Organic Social"),
        ("utm_source=partner&utm_medium=referral", "", "Referral"),
        ("utm_source=google&utm_medium=odd", "https://google.com/", "Other"),
        ("utm_source=instagram", "", "Organic Social"),
        ("utm_source=partner", "https://google.com/", "Organic Search"),
        ("utm_source=partner", "https://partner.example/", "Referral"),
        ("utm_source=partner", "", "Other"),
        ("utm_campaign=spring", "", "Other"),
        ("utm_source=(direct)&utm_medium=(none)", "", "Direct"),
        ("gclid=abc", "", "Paid Search"),
        ("x=1&msclkid=abc", "https://www.bing.com/", "Paid Search"),
        ("ttclid=abc", "", "Paid Social"),
        ("fbclid=abc", "", "Organic Social"),
        ("dclid=abc", "", "Display"),
        ("xgclid=abc", "", "Direct"),
        ("gclid=", "", "Direct"),
    ]

    @Test("Channels follow the documented rules")
    func channels() async throws {
        let events = Self.cases.enumerated().map { index, value in
            var more = ["page_url": "https://shop.example/" + (value.query.isEmpty ? "" : "?" + value.query)]
            if !value.referrer.isEmpty { more["referrer"] = value.referrer }
            return TestEvent("\(index)", at: "2026-03-02 10:00:00", visitor: String(index), more)
        }
        let run = try await ClickstreamRun(events)
        let rows = try await run.rows("SELECT channel FROM sessions ORDER BY CAST(visitor_id AS INTEGER)")
        for (row, value) in zip(rows, Self.cases) {
            #expect(row == value.channel, "?\(value.query) from \(value.referrer)")
        }
        #expect(rows.count == Self.cases.count)
    }
}
