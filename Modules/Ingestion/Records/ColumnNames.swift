internal import PipelineCore

/// Names of source columns, told apart and made fit for a table.
enum ColumnNames {
    /// A source's names as its columns go by: without spaces around them, none empty, none twice once it is stored.
    static func distinct(_ names: [String]) -> [String] {
        var taken: Set<String> = []
        return names.enumerated().map { index, name in
            var trimmed = name[...]
            while trimmed.first == " " { trimmed.removeFirst() }
            while trimmed.last == " " { trimmed.removeLast() }
            let base = trimmed.isEmpty ? "column_\(index + 1)" : String(trimmed)
            var distinct = base
            var count = 2
            while !taken.insert(stored(distinct).lowercased()).inserted {
                distinct = "\(base)_\(count)"
                count += 1
            }
            return distinct
        }
    }

    /// The name of a source column in a table: without what the readers of tables refuse in names, and without an underscore
    /// at its beginning, which marks columns of ours.
    static func stored(_ name: String) -> String {
        let fit = String(name.unicodeScalars.map { refused.contains($0) || $0.value < 32 ? "_" : Character($0) })
        let body = fit.drop { $0 == "_" }
        return (body.isEmpty ? "column" : String(body)) + fit.prefix(fit.count - body.count)
    }

    /// A type whose members, at every depth, have names that are fit for a table and told apart.
    static func stored(_ type: DataType) -> DataType {
        switch type {
        case .list(let element): .list(stored(element))
        case .structure(let fields):
            .structure(zip(distinct(fields.map(\.name)), fields).map { Field(stored($0), stored($1.type)) })
        default: type
        }
    }

    private static let refused: Set<Unicode.Scalar> = [" ", ",", ";", "{", "}", "(", ")", "="]
}
