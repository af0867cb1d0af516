extension DataType: CustomStringConvertible {
    /// The type as SQL writes it: `DECIMAL(18,2)`, `VARCHAR[]`, `STRUCT(a BIGINT)`.
    public var description: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .integer: "INTEGER"
        case .bigint: "BIGINT"
        case .double: "DOUBLE"
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        case .varchar: "VARCHAR"
        case .date: "DATE"
        case .timestamptz: "TIMESTAMPTZ"
        case .list(let element): "\(element)[]"
        case .structure(let fields):
            "STRUCT(" + fields.map { "\"\($0.name.replacing("\"", with: "\"\""))\" \($0.type)" }.joined(separator: ", ")
                + ")"
        }
    }
}
