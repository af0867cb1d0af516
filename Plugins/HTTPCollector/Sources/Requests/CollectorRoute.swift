internal import HTTPTypes

/// What a path of the collector stands for.
///
/// The routes are those of Segment's and RudderStack's servers; a slash at the end makes no difference.
enum CollectorRoute: Equatable {
    case messages(MessageKind)
    /// One message as Base64 in the query, answered by an image.
    case pixel(type: String)
    /// Any object, or the query itself: the properties of an event that a service sends that knows nothing of events.
    case webhook
    /// What Segment's mobile libraries ask for before they send.
    case settings(key: String)
    /// What RudderStack's libraries ask for before they send.
    case sourceConfig
    /// The client for web pages.
    case webClient
    /// Tells search engines that there is nothing for them.
    case robots
    /// What is running, for those who may read metrics.
    case version
    case live
    case ready
    /// What Prometheus reads.
    case metrics

    init?(path: String) {
        let parts = path.split(separator: "/").map(Self.decoded)
        switch (parts.first, parts.count) {
        case ("v1", 2) where parts[1] == "webhook": self = .webhook
        case ("v1", 2):
            guard let kind = Self.kinds[parts[1]] else { return nil }
            self = .messages(kind)
        case ("v1", 3) where parts[1] == "pixel": self.init(pixel: parts[2])
        case ("pixel", 3) where parts[1] == "v1": self.init(pixel: parts[2])
        case ("beacon", 3) where parts[1] == "v1" && parts[2] == "batch": self = .messages(.batch)
        case ("v1", 4) where parts[1] == "projects" && parts[3] == "settings": self = .settings(key: String(parts[2]))
        case ("sourceConfig", 1): self = .sourceConfig
        case ("millrace.js", 1): self = .webClient
        case ("robots.txt", 1): self = .robots
        case ("version", 1): self = .version
        case ("metrics", 1): self = .metrics
        case ("health", 1): self = .live
        case ("health", 2) where parts[1] == "live": self = .live
        case ("health", 2) where parts[1] == "ready": self = .ready
        default: return nil
        }
    }

    private init?(pixel type: Substring) {
        guard Self.types.contains(String(type)) else { return nil }
        self = .pixel(type: String(type))
    }

    /// A part of the path without percent signs.
    private static func decoded(_ part: Substring) -> Substring {
        guard part.utf8.contains(UInt8(ascii: "%")) else { return part }
        var bytes: [UInt8] = []
        var rest = part.utf8
        while let byte = rest.popFirst() {
            let digits = Substring(rest.prefix(2))
            if byte == UInt8(ascii: "%"), digits.count == 2, let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return Substring(String(decoding: bytes, as: UTF8.self))
    }

    /// What it is called in the access log; never holds a key.
    var name: String {
        switch self {
        case .messages(.batch): "batch"
        case .messages(.single(let type)): type
        case .pixel: "pixel"
        case .webhook: "webhook"
        case .settings: "settings"
        case .sourceConfig: "source_config"
        case .webClient: "web_client"
        case .robots: "robots"
        case .version: "version"
        case .live: "live"
        case .ready: "ready"
        case .metrics: "metrics"
        }
    }

    /// The methods that the path is for, besides OPTIONS.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .messages: [.post]
        case .webhook: [.post, .get]
        default: [.get, .head]
        }
    }

    private static let types = ["track", "identify", "page", "screen", "group", "alias"]

    private static let kinds: [Substring: MessageKind] = {
        var kinds: [Substring: MessageKind] = ["batch": .batch, "b": .batch, "import": .batch]
        for type in types {
            kinds[type[...]] = .single(type: type)
            kinds[type.prefix(1)] = .single(type: type)
        }
        kinds["merge"] = .single(type: "merge")
        return kinds
    }()
}
