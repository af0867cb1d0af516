internal import HTTPTypes
internal import HummingbirdCore
internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What a request says of its sender besides the body.
struct MessageSender {
    var address: IPAddress?
    var userAgent: String?
    /// From `Authorization: Basic`, or from the query.
    var writeKey: [UInt8]?

    init(_ request: Request, address: IPAddress?) {
        userAgent = request.headers[.userAgent]
        self.address = address
        writeKey =
            Self.basicKey(request.headers[.authorization])
            ?? request.uri.queryParameters["writeKey"].map { Array($0.utf8) }
    }

    /// Whether the sender is a library of servers, so that its address is not that of whom the events are about.
    ///
    /// Everybody else is a device: what is not kept now cannot be had later.
    var isServer: Bool {
        guard let userAgent, !userAgent.hasPrefix("Mozilla/") else { return false }
        let product = userAgent.prefix { $0 != "/" && $0 != " " && $0 != "(" }
        // Swift's URLSession on Linux says its program's name first.
        return Self.serverProducts.contains(product.lowercased()) || userAgent.contains(" curl/")
    }

    /// What user agents of libraries and tools begin with that run on servers, in lower case.
    private static let serverProducts: Set = [
        "analytics-python", "analytics-ruby", "analytics-node", "analytics-node-next", "analytics-php", "analytics-go",
        "analytics-java", "analytics.net", "rudder-sdk-python", "rudder-sdk-ruby", "rudder-sdk-node", "rudder-sdk-go",
        "rudder-sdk-php", "rudderlabs", "python", "python-requests", "python-urllib", "python-urllib3", "python-httpx",
        "aiohttp", "go-http-client", "java", "java-http-client", "apache-httpclient", "jersey", "ktor", "axios", "node",
        "node-fetch", "node-superagent", "undici", "got", "deno", "bun", "ruby", "faraday", "rest-client", "http.rb",
        "typhoeus", "php", "guzzlehttp", "symfony", "curl", "libcurl", "wget", "libwww-perl", "lwp", "reqwest", "hyper",
        "ureq", "postmanruntime", "httpie",
    ]

    /// The user name of `Basic base64(key:)`; an empty one says nothing.
    private static func basicKey(_ header: String?) -> [UInt8]? {
        guard let header, header.prefix(6).lowercased() == "basic " else { return nil }
        let encoded = header.dropFirst(6).drop { $0 == " " }
        guard let decoded = Data(base64Encoded: String(encoded)) else { return nil }
        let key = decoded.prefix { $0 != UInt8(ascii: ":") }
        return key.isEmpty ? nil : Array(key)
    }
}

extension CollectorOptions.AddressPolicy {
    /// What is kept of an address.
    func applied(to address: IPAddress) -> String? {
        switch self {
        case .keep: address.description
        case .drop: nil
        case .truncate: address.truncated.description
        }
    }
}
