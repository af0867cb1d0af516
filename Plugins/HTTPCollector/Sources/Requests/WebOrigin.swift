internal import PipelineCore

extension ConfigurationType where Value == String {
    /// An origin as browsers send it, or `*` for any.
    static var webOrigin: ConfigurationType {
        .scalar(
            .string(pattern: nil),
            placeholder: "*",
            example: "https://shop.example",
            expected: "the origin of a page",
            hint: { text in
                WebOrigin.nearest(to: text).map { "write \($0)" }
                    ?? #"such as: https://shop.example, http://localhost:3000, or "*" for any"#
            },
            read: WebOrigin.read
        )
    }
}

/// The origins of web pages: scheme, host, and the port where it is not the scheme's own.
enum WebOrigin {
    /// What has hosts too, but no pages; apps have schemes of their own.
    private static let otherSchemes: Set = ["ftp", "ftps", "sftp", "file", "ws", "wss", "data", "blob", "mailto"]
    private static let standardPorts = ["https": ":443", "http": ":80"]

    /// The origin as browsers write it; nil where no browser would ever send it.
    static func read(_ text: String) -> String? {
        if text == "*" { return text }
        let form = /([a-z][a-z0-9+.\-]*):\/\/(\[[0-9a-f:.]+\]|[a-z0-9._\-]+)(:[0-9]{1,5})?/
        guard let (_, scheme, host, port) = text.lowercased().wholeMatch(of: form)?.output,
            !otherSchemes.contains(String(scheme))
        else { return nil }
        let isStandard = port.map { Self.standardPorts[String(scheme)] == String($0) } ?? true
        return "\(scheme)://\(host)\(isStandard ? "" : port ?? "")"
    }

    /// What was meant: without what stands behind the host, or with the scheme that most pages have.
    static func nearest(to text: String) -> String? {
        let scheme = text.firstRange(of: "://").map { text[..<$0.lowerBound].lowercased() }
        let isOther = scheme.map(otherSchemes.contains) ?? false
        let rest = isOther ? text[(text.firstRange(of: "://")?.upperBound ?? text.startIndex)...] : text[...]
        let whole = scheme != nil && !isOther ? text : "https://\(rest)"
        return whole.prefixMatch(of: /[^:]+:\/\/[^\/?#]+/).flatMap { read(String($0.output)) }
    }
}
