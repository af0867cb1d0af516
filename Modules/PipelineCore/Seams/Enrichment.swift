/// Reads device, system and browser out of a user-agent header.
public protocol UserAgentParser: Sendable {
    /// Changes when the rules change, so that stored results can be told from new ones.
    var version: String { get }
    /// What is known of one header; every part nil where nothing is.
    func parse(_ userAgent: String) throws -> UserAgent
}

/// What a user-agent header tells.
public struct UserAgent: Sendable, Hashable {
    /// `desktop`, `mobile`, `tablet`, `tv`, `console`, `wearable`, `car`, `bot` or nil.
    public var deviceCategory: String?
    /// The maker, such as `Apple`.
    public var deviceBrand: String?
    /// The model as the maker names it, such as `iPhone`.
    public var deviceModel: String?
    /// The operating system without its version.
    public var osName: String?
    /// As many parts as the header tells: `14`, `10.15.7`.
    public var osVersion: String?
    /// The browser, or the app that shows pages, without its version.
    public var browserName: String?
    /// As many parts as the header tells.
    public var browserVersion: String?
    /// A crawler, monitor or script rather than a person.
    public var isBot: Bool
    /// What a header tells; nothing unless given.
    public init(
        deviceCategory: String? = nil,
        deviceBrand: String? = nil,
        deviceModel: String? = nil,
        osName: String? = nil,
        osVersion: String? = nil,
        browserName: String? = nil,
        browserVersion: String? = nil,
        isBot: Bool = false
    ) {
        self.deviceCategory = deviceCategory
        self.deviceBrand = deviceBrand
        self.deviceModel = deviceModel
        self.osName = osName
        self.osVersion = osVersion
        self.browserName = browserName
        self.browserVersion = browserVersion
        self.isBot = isBot
    }
}

/// Finds the place of a network address.
public protocol AddressLocator: Sendable {
    /// Changes when the database changes, so that stored results can be told from new ones.
    var version: String { get }
    /// The place of an IPv4 or IPv6 address in text; nil where the database has none or the text is no address.
    func locate(_ address: String) throws -> Place?
}

/// Where an address is.
public struct Place: Sendable, Hashable {
    /// ISO 3166-1 alpha-2.
    public var country: String?
    /// ISO 3166-2, country included: `GB-ENG`.
    public var region: String?
    /// The English name.
    public var city: String?
    /// A place, as far as it is known.
    public init(country: String? = nil, region: String? = nil, city: String? = nil) {
        self.country = country
        self.region = region
        self.city = city
    }
}
