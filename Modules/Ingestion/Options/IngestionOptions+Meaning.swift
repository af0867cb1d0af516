internal import Crypto
internal import PipelineCore

extension IngestionOptions {
    /// A digest of what makes values of a record's columns, never negative; not of how records are found.
    ///
    /// Where it changes, all records are read again. Finding other records in what was landed would move their positions.
    var meaning: Int64 {
        let digest = SHA256.hash(data: Array(meaningText.utf8))
        return digest.prefix(8).reduce(0) { $0 << 8 | Int64($1) } & .max
    }

    private var meaningText: String {
        let mapping =
            switch target {
            case .table(let name): "table \(name.rawValue)"
            case .events(let mapping):
                (mapping.columns + mapping.extras).map { "\($0.column)<-\($0.value.meaningText)" }.joined(
                    separator: "\n"
                )
                    + "\n\(mapping.keepsRest)" + (mapping.isOfMessages ? "\nmessages" : "")
            }
        return [timezone, pattern?.expression ?? "", mapping].joined(separator: "\n\n")
    }
}

extension ValueExpression {
    fileprivate var meaningText: String {
        switch self {
        case .field(let name): "field \(name)"
        case .first(let values): "first(\(values.map(\.meaningText).joined(separator: ", ")))"
        case .hash(let names): "hash(\(names.joined(separator: ", ")))"
        case .constant(let text): "constant \(text)"
        }
    }
}
