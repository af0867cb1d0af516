import PipelineCore

/// The marketing channel that brought somebody, from what one event says about its origin.
///
/// The first rule that applies; all words are compared without regard to case:
/// 1. What the source itself gives as channel.
/// 2. A medium that names the channel: Email, SMS, Push, Affiliates, Display.
/// 3. A paid medium (`cpc`, `ppc`, `paid…`, `retargeting`, …): Paid Search or Paid Social by the medium's own words,
///    then the campaign's source, then the click id, then the referrer; else Paid Other.
/// 4. A medium that names unpaid traffic: Organic Social, Organic Search, Referral.
/// 5. Any other medium: Other, so that a misspelt one is noticed. `(none)` and `(not set)` count as no medium.
/// 6. A campaign source that names the channel: Email, SMS, Push, Direct.
/// 7. An advertising network's click id.
/// 8. The campaign's source, then the referrer's host: Email, Organic Search, Organic Social; any other host: Referral.
/// 9. Anything else that calls itself a campaign: Other.
struct Channel {
    let dialect: any SQLDialect
    /// What the source gives as channel.
    ///
    /// This and the following are SQL expressions of text.
    let given: String
    /// The campaign's medium in lower case, NULL where it says nothing.
    let medium: String
    /// The campaign's source in lower case.
    let source: String
    /// Not NULL where the event names a campaign in any way.
    let campaign: String
    /// The name of the click id in the page's address.
    let clickID: String
    /// The referrer's host, if it is another site's.
    let referrer: String

    /// Click ids that search engines add to paid links.
    static let searchClickIDs = ["gclid", "gbraid", "wbraid", "msclkid", "yclid"]
    /// Click ids that social networks add to paid links.
    static let socialClickIDs = ["ttclid", "twclid", "li_fat_id", "ScCid", "sccid", "rdt_cid"]
    /// Click ids that social networks add to all links, paid or not.
    static let sharedClickIDs = ["fbclid", "epik"]
    /// Click ids of display advertising.
    static let displayClickIDs = ["dclid"]
    static let clickIDs = searchClickIDs + socialClickIDs + sharedClickIDs + displayClickIDs

    private static let searchEngines =
        "google|bing|duckduckgo|yandex|baidu|ecosia|qwant|startpage|brave|seznam|naver|sogou|aol"
    private static let socialNetworks =
        "facebook|instagram|linkedin|twitter|tiktok|pinterest|reddit|youtube|snapchat|threads|bsky|mastodon|vk"
        + "|whatsapp|telegram|discord|tumblr|quora|weibo|xing|nextdoor"
    /// What campaigns call social networks for short.
    private static let socialAbbreviations = "fb|ig|yt|meta|x"
    /// Hosts of social networks that do not show their names.
    private static let socialHosts =
        "t[.]co|x[.]com|fb[.](me|com)|wa[.]me|t[.]me|youtu[.]be|lnkd[.]in|pin[.]it|redd[.]it"
    private static let mailHosts = "(^|[.])(mail|webmail|outlook|poczta)[.]|^com[.]google[.]android[.]gm$"
    /// What people share there is no search.
    private static let officeHosts = "^(docs|drive|sites|meet|chat|calendar|classroom|groups|translate)[.]google[.]"

    /// The channel; NULL where the event says nothing about its origin.
    var expression: String {
        """
        CASE
          WHEN \(given) IS NOT NULL THEN \(given)
          WHEN \(medium) IS NOT NULL THEN CASE
            WHEN \(anyWord("e[-_ ]?mail|newsletter", medium)) THEN 'Email'
            WHEN \(anyWord("sms|mms", medium)) THEN 'SMS'
            WHEN \(matches(medium, "push|notification")) THEN 'Push'
            WHEN \(anyWord("affiliates?", medium)) THEN 'Affiliates'
            WHEN \(anyWord("display|banner|cpm|interstitial|programmatic", medium)) THEN 'Display'
            WHEN \(matches(medium, "(^|[^a-z])(paid|(cp[acv]|ppc|sem|retargeting|remarketing)($|[^a-z]))")) THEN \(paid)
            WHEN \(matches(medium, "social|^sm$")) THEN 'Organic Social'
            WHEN \(anyWord("organic", medium)) THEN CASE WHEN \(isSocialSource) THEN 'Organic Social' ELSE 'Organic Search' END
            WHEN \(anyWord("referral|link|app", medium)) THEN 'Referral'
            ELSE 'Other' END
          WHEN \(matches(source, "^(e[-_ ]?mail|newsletter)$")) THEN 'Email'
          WHEN \(source) = 'sms' THEN 'SMS'
          WHEN \(source) = 'push' THEN 'Push'
          WHEN \(matches(source, "^[(]?direct[)]?$")) THEN 'Direct'
          WHEN \(isClickID(Self.searchClickIDs)) THEN 'Paid Search'
          WHEN \(isClickID(Self.socialClickIDs)) THEN 'Paid Social'
          WHEN \(isClickID(Self.displayClickIDs)) THEN 'Display'
          WHEN \(isClickID(Self.sharedClickIDs)) THEN 'Organic Social'
          WHEN \(isSearchSource) THEN 'Organic Search'
          WHEN \(isSocialSource) THEN 'Organic Social'
          WHEN \(matches(referrer, Self.mailHosts)) THEN 'Email'
          WHEN \(matches(referrer, Self.officeHosts)) THEN 'Referral'
          WHEN \(isSearchReferrer) THEN 'Organic Search'
          WHEN \(isSocialReferrer) THEN 'Organic Social'
          WHEN \(referrer) IS NOT NULL THEN 'Referral'
          WHEN \(campaign) IS NOT NULL THEN 'Other'
        END
        """
    }

    /// Which paid channel.
    private var paid: String {
        """
        CASE
              WHEN \(matches(medium, "search|(^|[^a-z])sem($|[^a-z])")) THEN 'Paid Search'
              WHEN \(matches(medium, "social")) THEN 'Paid Social'
              WHEN \(isSearchSource) THEN 'Paid Search'
              WHEN \(isSocialSource) THEN 'Paid Social'
              WHEN \(isClickID(Self.searchClickIDs)) THEN 'Paid Search'
              WHEN \(isClickID(Self.socialClickIDs + Self.sharedClickIDs)) THEN 'Paid Social'
              WHEN \(isClickID(Self.displayClickIDs)) THEN 'Display'
              WHEN \(isSearchReferrer) THEN 'Paid Search'
              WHEN \(isSocialReferrer) THEN 'Paid Social'
              ELSE 'Paid Other' END
        """
    }

    private var isSearchSource: String { anyWord(Self.searchEngines + "|yahoo", source) }
    private var isSocialSource: String {
        matches(source, "(^|[^a-z])(\(Self.socialNetworks))($|[^a-z])|^(\(Self.socialAbbreviations))$")
    }
    private var isSearchReferrer: String {
        matches(referrer, "(^|[.])(\(Self.searchEngines)|search[.]yahoo)[.]")
    }
    private var isSocialReferrer: String {
        matches(referrer, "(^|[.])(\(Self.socialNetworks))[.]|^(\(Self.socialHosts))$")
    }

    private func matches(_ text: String, _ pattern: String) -> String { dialect.matches(text, pattern: pattern) }
    private func anyWord(_ words: String, _ text: String) -> String { matches(text, "(^|[^a-z])(\(words))($|[^a-z])") }
    private func isClickID(_ names: [String]) -> String { matches(clickID, "^(\(names.joined(separator: "|")))$") }
}
