public import PipelineCore

/// Reads user-agent headers by the rules of uap-core, which the user brings as a file, and by our own for categories.
///
/// Any number of threads may parse at once. A header is read up to its first 2,048 bytes. Loading takes some tenths of a
/// second (a thousand expressions are compiled), so keep the value.
public final class UAPParser: UserAgentParser {
    /// `uap-` and a hash of the rule file's bytes, `-` and the revision of our own rules.
    public let version: String

    private let rules: UAPRules
    private let bots: RuleList
    private let categories: RuleList

    /// Reads and compiles the rules of a `regexes.yaml`.
    ///
    /// Throws `notFound` where the file cannot be read and `corruptData` where it is no rule file; the message names
    /// the file, or the expression that is wrong.
    public init(rulesPath: String) throws {
        let file = try RuleFile(path: rulesPath)
        version = "uap-\(file.fingerprint)-\(Classification.revision)"
        rules = try UAPRules(file)
        bots = try RuleList(
            Classification.bots.map { .init(regex: $0, ignoresCase: true, replacements: [:]) },
            parts: []
        )
        categories = try RuleList(
            Classification.headers.map {
                .init(regex: $0.expression, ignoresCase: false, replacements: ["category": $0.category])
            },
            parts: [.init(key: "category", group: nil)]
        )
    }

    /// What is known of one header; every part nil where nothing is, as for an empty header.
    public func parse(_ userAgent: String) throws -> UserAgent {
        let text = Self.bytes(of: userAgent)
        guard !text.isEmpty else { return UserAgent() }
        let room = try MatchRoom()
        let result = rules.result(for: text, in: room)
        let isBot = result.device.family == "Spider" || bots.answer(for: text, in: room) != nil
        let brand = result.device.brand.flatMap { Classification.placeholderBrands.contains($0) ? nil : $0 }
        let model = result.device.model.flatMap { Classification.placeholderModels.contains($0) ? nil : $0 }
        return UserAgent(
            deviceCategory: isBot ? "bot" : category(of: result, text, room),
            deviceBrand: isBot ? nil : brand,
            deviceModel: isBot ? nil : model,
            osName: result.system.name,
            osVersion: result.system.version,
            browserName: result.userAgent.name,
            browserVersion: result.userAgent.version,
            isBot: isBot
        )
    }

    private func category(of result: UAPResult, _ text: [UInt8], _ room: MatchRoom) -> String? {
        if let answer = categories.answer(for: text, in: room) { return answer[0] }
        if let family = result.system.family, let category = Classification.systems[family] { return category }
        return Classification.category(ofDevice: result.device)
    }

    /// The header's bytes, cut at a character's boundary.
    private static func bytes(of header: String) -> [UInt8] {
        var bytes = Array(header.utf8.prefix(2_048))
        guard bytes.count == 2_048 else { return bytes }
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0x80 { bytes.removeLast() }
        return bytes
    }
}
