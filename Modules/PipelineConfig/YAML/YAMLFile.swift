internal import PipelineCore
internal import Yams

/// Reads a YAML file as a tree of nodes with their places; what is wrong with it becomes issues.
struct YAMLFile {
    /// Far more than a person writes.
    static let sizeLimit = 1 << 20

    let references: References
    let issues: ConfigurationIssues

    /// The tree of the file's one document; nil where an issue says why there is none.
    func read(_ path: String) -> ConfigurationNode? {
        do {
            return parse(try TextFile.read(path, limit: Self.sizeLimit))
        } catch {
            let cure = "name the config file with -c FILE, or let `millrace init` write one"
            let hint = error.problem == "does not exist" ? cure : nil
            return reject("the config file \(error.problem)", hint: hint, at: nil)
        }
    }

    /// The tree of a document's bytes.
    func parse(_ bytes: [UInt8]) -> ConfigurationNode? {
        do {
            var source = try SourceText(bytes)
            guard let root = try compose(&source) else {
                return reject(
                    "the file is empty",
                    hint: "begin with `lake:`, or let `millrace init` write one",
                    at: nil
                )
            }
            var tree = YAMLTree(source: source, references: references, issues: issues)
            return tree.convert(root)
        } catch let error as SourceText.Unreadable {
            return reject(error.problem, hint: error.hint, at: error.mark)
        } catch {
            return reject("the file cannot be read as YAML", hint: nil, at: nil)
        }
    }

    /// Parses the text; keys that stand in a map twice are changed in `source` until each stands there once.
    private func compose(_ source: inout SourceText) throws -> Node? {
        while true {
            do {
                return try Yams.compose(yaml: source.text)
            } catch YamlError.duplicatedKeysInMapping(_, let context) {
                let mark = ConfigurationMark(context.mark)
                guard source.overwriteKey(at: mark) else {
                    throw SourceText.Unreadable(
                        problem: "a key of this map stands there twice",
                        hint: "keep one of them",
                        mark: mark
                    )
                }
            } catch let error as YamlError {
                throw error.unreadable(source)
            }
        }
    }

    private func reject(_ problem: String, hint: String?, at mark: ConfigurationMark?) -> ConfigurationNode? {
        issues.add(ConfigurationIssue(path: "", problem: problem, hint: hint, mark: mark))
        return nil
    }
}

extension ConfigurationMark {
    init(_ mark: Yams.Mark?) { self.init(line: max(1, mark?.line ?? 1), column: max(1, mark?.column ?? 1)) }
}

extension YamlError {
    /// What the parser complains about, in words that help the writer of a config file.
    fileprivate func unreadable(_ source: SourceText) -> SourceText.Unreadable {
        switch self {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let mark = ConfigurationMark(mark)
            let place = context.map { ", \($0.text) that begins at \($0.mark.line):\($0.mark.column)" } ?? ""
            if problem == "but found another document" {
                return SourceText.Unreadable(
                    problem: "a second document begins here",
                    hint: "one file holds one document",
                    mark: mark
                )
            }
            return SourceText.Unreadable(
                problem: "this is not YAML: \(problem)\(place)",
                hint: source.hint(at: mark),
                mark: mark
            )
        default:
            return SourceText.Unreadable(
                problem: "this is not YAML",
                hint: "check the file in an editor",
                mark: ConfigurationMark(line: 1, column: 1)
            )
        }
    }
}

extension SourceText {
    /// What usually is the matter where YAML breaks off.
    fileprivate func hint(at mark: ConfigurationMark) -> String {
        switch character(at: mark) {
        case "\t": "indent with spaces, not with tabs"
        case "@", "`", "%": "put the value in quotes"
        case ":": "put a value that contains `: ` in quotes"
        case "*", "&": "put a value that begins with * or & in quotes"
        default: "check the indentation, the brackets and the quotes before this place"
        }
    }
}
