internal import PipelineCore

/// What `${NAME}`, `${file:/path}` and `${credential:name}` stand for in the config file.
struct References {
    /// A text in which every reference has been replaced by what it refers to.
    struct Resolved {
        var text = ""
        /// Whether some of the text came from elsewhere, so that it must not be shown.
        var isReference = false
        /// References without a referent: what is wrong and what would be right.
        var problems: [(problem: String, hint: String)] = []
    }

    let environment: [String: String]
    /// What relative paths are relative to.
    let baseDirectory: String
    /// A secret is a line, a key or a certificate.
    private let sizeLimit = 1 << 20

    /// Replaces all references; `$${` stands for a plain `${`.
    func resolve(_ text: String) -> Resolved {
        var resolved = Resolved()
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            let before = rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            if before.last == "$" {
                resolved.text += before.dropLast() + "${"
                continue
            }
            resolved.text += before
            guard let end = rest.firstIndex(of: "}") else {
                resolved.problems.append(
                    ("a reference begins with '${' and has no '}'", "write `$${` for a plain `${`")
                )
                return resolved
            }
            substitute(String(rest[..<end]), in: &resolved)
            rest = rest[rest.index(after: end)...]
        }
        resolved.text += rest
        return resolved
    }

    private func substitute(_ reference: String, in resolved: inout Resolved) {
        do {
            resolved.text += try value(of: reference)
            resolved.isReference = true
        } catch {
            resolved.problems.append((error.problem, error.hint))
        }
    }

    private struct Missing: Error {
        let problem: String
        let hint: String
    }

    private func value(of reference: String) throws(Missing) -> String {
        if let path = reference.remainder(after: "file:"), !path.isEmpty {
            return try contents(of: path.hasPrefix("/") ? path : "\(baseDirectory)/\(path)")
        }
        if let name = reference.remainder(after: "credential:"), !name.isEmpty, !name.contains("/"), name != ".." {
            guard let directory = environment["CREDENTIALS_DIRECTORY"] else {
                throw Missing(
                    problem: "there is no credential '\(name)', since CREDENTIALS_DIRECTORY is not set",
                    hint: "start the program by systemd with LoadCredential=\(name):/path"
                )
            }
            return try contents(of: "\(directory)/\(name)")
        }
        guard reference.isVariableName else {
            throw Missing(
                problem: "'${\(reference.prefix(80))}' is no reference",
                hint: "write ${NAME}, ${file:/path} or ${credential:name}; `$${` stands for a plain `${`"
            )
        }
        guard let value = environment[reference] else {
            throw Missing(
                problem: "the environment variable '\(reference)' is not set",
                hint: "set it before starting the program"
            )
        }
        return value
    }

    /// The file's text without the newline that editors end files with.
    private func contents(of path: String) throws(Missing) -> String {
        let bytes: [UInt8]
        do {
            bytes = try TextFile.read(path, limit: sizeLimit)
        } catch {
            throw Missing(problem: "the file '\(path)' \(error.problem)", hint: "a reference needs a readable file")
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw Missing(problem: "the file '\(path)' is not UTF-8 text", hint: "a reference needs a text file")
        }
        if text.last?.isNewline == true { text.removeLast() }
        return text
    }
}

extension String {
    fileprivate func remainder(after prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }

    fileprivate var isVariableName: Bool {
        let isLetter = { (byte: UInt8) in (65...90).contains(byte) || (97...122).contains(byte) || byte == 95 }
        guard let first = utf8.first, isLetter(first) else { return false }
        return utf8.allSatisfy { isLetter($0) || (48...57).contains($0) }
    }
}
