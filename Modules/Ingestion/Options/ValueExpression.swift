internal import PipelineCore

/// Where a column's value comes from.
public indirect enum ValueExpression: Sendable, Hashable {
    /// A source column, or a member of a JSON record by its dotted path.
    case field(String)
    /// The first of these that has a value.
    case first([ValueExpression])
    /// An identifier made of several fields: 32 hexadecimal digits; no value if all fields lack one.
    case hash([String])
    /// Always the same text.
    case constant(String)

    /// The source columns that it reads.
    var fields: [String] {
        switch self {
        case .field(let name): [name]
        case .first(let expressions): expressions.flatMap(\.fields)
        case .hash(let names): names
        case .constant: []
        }
    }
}

extension ConfigurationType where Value == ValueExpression {
    /// `column`, `[column, other]`, `{ hash: [column, other] }` or `{ value: text }`.
    static var expression: ConfigurationType {
        let fields = ConfigurationType<[String]>.list(.text(example: "column"))
        let object = ConfigurationType<ValueExpression?>.object(example: "{ hash: [remote_addr, user_agent] }") {
            block in
            let hash = block.optional(
                "hash",
                fields,
                "Source columns that together identify: their digest is the value."
            )
            let constant = block.optional("value", .text(example: "page"), "The same value for every row.")
            if block.isDescribing { return .constant("") }
            switch (hash, constant) {
            case (let names?, nil): return .hash(names)
            case (nil, let text?): return .constant(text)
            default:
                block.reject(key: nil, "it needs either 'hash' or 'value'")
                return nil
            }
        }
        let field = ConfigurationType<String>.text(example: "column")
        return ConfigurationType(
            schema: .either([field.schema, fields.schema, object.schema]),
            placeholder: .constant(""),
            example: "source_column"
        ) { node, path, issues in
            switch node.value {
            case .map: return object.parse(node, path, issues) ?? nil
            case .list:
                guard let names = fields.parse(node, path, issues) else { return nil }
                return names.count == 1 ? .field(names[0]) : .first(names.map { .field($0) })
            case .scalar, .null: return field.parse(node, path, issues).map { .field($0) }
            }
        }
    }
}
