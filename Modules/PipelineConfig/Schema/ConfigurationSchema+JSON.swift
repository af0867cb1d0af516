internal import PipelineCore

extension ConfigurationSchema {
    /// The members of a JSON Schema (draft 2020-12) of this shape; scalars also admit `#/$defs/reference`.
    var members: [(key: String, value: JSON)] {
        switch self {
        case .string(nil): [("type", ["string", "number", "boolean"].json), ("minLength", .integer(1))]
        case .string(let pattern?):
            [("type", .string("string")), ("pattern", .string("(?:\(pattern))|\(Self.referencePattern)"))]
        case .integer(let minimum, let maximum):
            Self.orReference(
                [("type", .string("integer"))] + (minimum.map { [("minimum", .integer($0))] } ?? [])
                    + (maximum.map { [("maximum", .integer($0))] } ?? [])
            )
        case .number: Self.orReference([("type", .string("number"))])
        case .boolean: Self.orReference([("type", .string("boolean"))])
        case .choice(let words): Self.orReference([("enum", words.json)])
        case .list(let element): [("type", .string("array")), ("items", .object(element.members))]
        case .map(let element, let keyPattern):
            [("type", ["object", "null"].json)]
                + (keyPattern.map { [("propertyNames", .object([("pattern", .string($0))]))] } ?? [])
                + [("additionalProperties", .object(element.members))]
        case .object(let declarations): Self.object(declarations)
        case .variants(let key, let variants): Self.variants(key, variants)
        case .either(let shapes): [("anyOf", .array(shapes.map { .object($0.members) }))]
        case .described(let shape, let meaning): [("description", .string(meaning))] + shape.members
        }
    }

    /// Finds a reference anywhere in a text.
    static let referencePattern = #"\$\{[^}]+\}"#

    private static func orReference(_ members: [(key: String, value: JSON)]) -> [(key: String, value: JSON)] {
        [("anyOf", .array([.object(members), .object([("$ref", .string("#/$defs/reference"))])]))]
    }

    private static func object(_ declarations: [ConfigurationBlock.Declaration]) -> [(key: String, value: JSON)] {
        let required = declarations.filter(\.isRequired).map(\.key)
        return [
            ("type", required.isEmpty ? ["object", "null"].json : .string("object")),
            ("properties", .object(declarations.map { ($0.key, .object($0.schema.members)) })),
            ("required", required.json),
            ("additionalProperties", .boolean(false)),
        ]
    }

    /// `if`/`then` rather than `oneOf`, so that a validator complains about the wrong key and not about every variant.
    private static func variants(_ key: String, _ variants: [Variant]) -> [(key: String, value: JSON)] {
        let words = JSON.object([
            (
                "anyOf",
                .array(variants.map { .object([("const", .string($0.name)), ("description", .string($0.summary))]) })
            )
        ])
        let branches = variants.map { variant in
            let condition = JSON.object([
                ("properties", .object([(key, .object([("const", .string(variant.name))]))])), ("required", [key].json),
            ])
            return JSON.object([("if", condition), ("then", .object(object(variant.declarations)))])
        }
        return [
            ("type", .string("object")), ("properties", .object([(key, words)])), ("required", [key].json),
            ("allOf", .array(branches)),
        ].filter { !($0.key == "allOf" && variants.isEmpty) }
    }
}

extension [String] {
    fileprivate var json: JSON { .array(map(JSON.string)) }
}
