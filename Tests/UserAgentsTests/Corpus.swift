import Foundation
import Yams

/// The files of uap-core as Debian's package installs them.
enum Corpus {
    static let directory = "/usr/share/uap-core"
    static let rulesPath = directory + "/regexes.yaml"
    static var isInstalled: Bool { FileManager.default.fileExists(atPath: directory + "/tests/test_ua.yaml") }

    /// The cases of a test file: keys and texts, nil where the value is empty.
    static func cases(of file: String) throws -> [[String: String?]] {
        let text = try String(contentsOfFile: directory + "/" + file, encoding: .utf8)
        let list = try compose(yaml: text)?["test_cases"]?.sequence ?? []
        return list.map { node in
            var values: [String: String?] = [:]
            for (key, value) in node.mapping ?? [:] {
                values[key.string ?? ""] = value.null == nil ? value.string : .some(nil)
            }
            return values
        }
    }
}
