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
    private static let standardPorts = ["https": ":443", "http": ":80"]

    /// The origin as browsers write it; nil where no browser would ever send it.
    static func read(_ text: String) -> String? {
        if text == "*" { return text }
        guard let (scheme, authority) = split(text.lowercased()) else { return nil }
        let host =
            authority.hasPrefix("[") ? authority.prefix { $0 != "]" }.dropFirst() : authority.prefix { $0 != ":" }
        let rest = authority.dropFirst(authority.hasPrefix("[") ? host.count + 2 : host.count)
        let isName = host.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || "-._".utf8.contains(byte)
        }
        let isHost = authority.hasPrefix("[") ? IPAddress(String(host)) != nil : isName
        guard !host.isEmpty, isHost, authority.hasPrefix("[") == authority.contains("]") else { return nil }
        guard rest.isEmpty || rest.first == ":" && UInt16(rest.dropFirst()) != nil else { return nil }
        return "\(scheme)://\(authority.dropLast(rest.count))"
            + (standardPorts[String(scheme)] == String(rest) ? "" : rest)
    }

    /// What was meant: without the path, or with the scheme that most pages have.
    static func nearest(to text: String) -> String? {
        if let (scheme, rest) = split(text.lowercased()) {
            return read("\(scheme)://\(rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" })")
        }
        return text.contains("*") ? nil : read("https://\(text.prefix { $0 != "/" })")
    }

    private static func split(_ text: String) -> (scheme: Substring, rest: Substring)? {
        guard let range = text.firstRange(of: "://"), text.startIndex < range.lowerBound else { return nil }
        let scheme = text[..<range.lowerBound]
        guard scheme.utf8.allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789+-.".utf8.contains($0) }) else {
            return nil
        }
        return (scheme, text[range.upperBound...])
    }
}
