internal import HTTPTypes

/// What a path of the collector stands for.
///
/// The routes are those of Segment's and RudderStack's servers; a slash at the end makes no difference.
enum CollectorRoute: Equatable {
    case messages(MessageKind)
    /// One message as Base64 in the query, answered by an image.
    case pixel(type: String)
    /// What Segment's mobile libraries ask for before they send.
    case settings(key: String)
    /// What RudderStack's libraries ask for before they send.
    case sourceConfig
    case live
    case ready
    /// What Prometheus reads.
    case metrics

    init?(path: Substring) {
        let parts = path.split(separator: "/")
        switch (parts.first, parts.count) {
        case ("v1", 2):
            guard let kind = Self.kinds[parts[1]] else { return nil }
            self = .messages(kind)
        case ("v1", 3) where parts[1] == "pixel": self.init(pixel: parts[2])
        case ("pixel", 3) where parts[1] == "v1": self.init(pixel: parts[2])
        case ("beacon", 3) where parts[1] == "v1" && parts[2] == "batch": self = .messages(.batch)
        case ("v1", 4) where parts[1] == "projects" && parts[3] == "settings": self = .settings(key: String(parts[2]))
        case ("sourceConfig", 1): self = .sourceConfig
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

    /// What it is called in the access log and in metrics; never holds a key.
    var name: String {
        switch self {
        case .messages(.batch): "batch"
        case .messages(.single(let type)): type
        case .pixel: "pixel"
        case .settings: "settings"
        case .sourceConfig: "source_config"
        case .live: "live"
        case .ready: "ready"
        case .metrics: "metrics"
        }
    }

    /// Whether a method is one of the path's.
    func takes(_ method: HTTPRequest.Method) -> Bool {
        if case .messages = self { return method == .post }
        return method == .get || method == .head
    }

    private static let types = ["track", "identify", "page", "screen", "group", "alias"]

    private static let kinds: [Substring: MessageKind] = {
        var kinds: [Substring: MessageKind] = ["batch": .batch, "b": .batch, "import": .batch]
        for type in types {
            kinds[type[...]] = .single(type: type)
            kinds[type.prefix(1)] = .single(type: type)
        }
        return kinds
    }()
}
