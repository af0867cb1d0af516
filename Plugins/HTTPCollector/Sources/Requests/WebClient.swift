internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import PipelineCore

/// The script that web pages load, `Web/millrace.js`, as browsers get it.
struct WebClient: Sendable {
    /// The program without what only its readers need.
    let script: [UInt8]
    let compressed: [UInt8]
    private let tag: String

    init(coding: any ContentCoding) async throws {
        script = Self.stripped(PackageResources.millrace_js)
        var compressed: [UInt8] = []
        for try await chunk in coding.encode(ArrayStream([script])) { compressed += chunk }
        self.compressed = compressed
        tag = "W/\"\(String(Self.digest(script), radix: 16))\""
    }

    func reply(to request: Request) -> CollectorReply {
        var headers: HTTPFields = [
            .contentType: "text/javascript; charset=utf-8",
            .cacheControl: "public, max-age=3600",
            .eTag: tag,
            .vary: "Accept-Encoding",
        ]
        if let policy = HTTPField.Name("Cross-Origin-Resource-Policy") { headers[policy] = "cross-origin" }
        if request.headers[.ifNoneMatch]?.contains(tag) ?? false {
            return CollectorReply(status: .notModified, headers: headers, body: ByteBuffer())
        }
        guard Self.acceptsGzip(request.headers[.acceptEncoding]) else {
            return CollectorReply(status: .ok, headers: headers, body: ByteBuffer(bytes: script))
        }
        headers[.contentEncoding] = "gzip"
        return CollectorReply(status: .ok, headers: headers, body: ByteBuffer(bytes: compressed))
    }

    private static func acceptsGzip(_ header: String?) -> Bool {
        for coding in header?.lowercased().split(separator: ",") ?? [] {
            let parts = coding.split(separator: ";").map { $0.filter { $0 != " " } }
            if parts.first == "gzip" {
                return !parts.dropFirst().contains { ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains($0) }
            }
        }
        return false
    }

    /// Leaves out indentation, empty lines, and lines that are a comment.
    ///
    /// That changes nothing as long as no text of the program spans lines; line ends stay, since some end a statement.
    static func stripped(_ source: [UInt8]) -> [UInt8] {
        var lines: [UInt8] = []
        for line in source.split(separator: UInt8(ascii: "\n")) {
            let code = line.drop { $0 == UInt8(ascii: " ") }
            guard !code.isEmpty, !code.starts(with: "//".utf8) else { continue }
            lines += code
            lines.append(UInt8(ascii: "\n"))
        }
        return lines
    }

    /// FNV-1a: it only has to tell one version of the script from another.
    private static func digest(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
