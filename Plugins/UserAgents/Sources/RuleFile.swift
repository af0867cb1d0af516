internal import PipelineCore
internal import Yams

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// uap-core's `regexes.yaml`: three lists of rules, in the order in which they are tried.
struct RuleFile {
    /// One entry: an expression and what replaces its groups, by the key in the file.
    struct Entry {
        let regex: String
        let ignoresCase: Bool
        let replacements: [String: String]
    }

    let userAgents: [Entry]
    let systems: [Entry]
    let devices: [Entry]
    /// Changes when a byte of the file changes: 64-bit FNV-1a in hexadecimal.
    let fingerprint: String

    init(path: String) throws {
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw PipelineError(
                .notFound,
                "cannot read \(path)",
                while: "loading the user-agent rules",
                hint:
                    "give the path of uap-core's regexes.yaml; Debian's package uap-core puts it into /usr/share/uap-core",
                cause: error
            )
        }
        fingerprint = Self.fnv1a(bytes)
        let root: Node?
        do {
            root = try compose(yaml: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw Self.malformed(path, "it is not YAML", cause: error)
        }
        guard let file = root?.mapping else { throw Self.malformed(path, "it holds no map") }
        userAgents = try Self.entries("user_agent_parsers", of: file, path: path)
        systems = try Self.entries("os_parsers", of: file, path: path)
        devices = try Self.entries("device_parsers", of: file, path: path)
    }

    private static func entries(_ key: String, of file: Node.Mapping, path: String) throws -> [Entry] {
        guard let list = file[Node(key)]?.sequence else { throw malformed(path, "it has no list \(key)") }
        return try list.enumerated().map { position, node in
            guard let map = node.mapping, let regex = map["regex"]?.string else {
                throw malformed(path, "entry \(position + 1) of \(key) has no regex")
            }
            var replacements: [String: String] = [:]
            for (name, value) in map {
                if let name = name.string, name.hasSuffix("_replacement") { replacements[name] = value.string }
            }
            return Entry(regex: regex, ignoresCase: map["regex_flag"]?.string == "i", replacements: replacements)
        }
    }

    private static func malformed(_ path: String, _ what: String, cause: (any Error)? = nil) -> PipelineError {
        PipelineError(
            .corruptData,
            "\(path) is no uap-core rule file: \(what)",
            while: "loading the user-agent rules",
            cause: cause
        )
    }

    private static func fnv1a(_ bytes: [UInt8]) -> String {
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
