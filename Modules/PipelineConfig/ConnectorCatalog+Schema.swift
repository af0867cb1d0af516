internal import PipelineCore

extension ConnectorCatalog {
    /// The JSON Schema (draft 2020-12) of the config file, the same bytes for the same catalog.
    public var jsonSchema: String {
        let reference: [(key: String, value: JSON)] = [
            ("description", .string("${NAME} of the environment, ${file:/path} or ${credential:name} of systemd")),
            ("type", .string("string")), ("pattern", .string(ConfigurationSchema.referencePattern)),
        ]
        let schema: [(key: String, value: JSON)] = [
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("title", .string("Millrace pipeline")),
            ("$defs", .object([("reference", .object(reference))])),
        ]
        return JSON.object(schema + ConfigurationSchema.object(topLevel).members).text() + "\n"
    }

    /// The keys of a block for people, one a line; nil where there is no such section, or no such kind in it.
    ///
    /// Without `section` the keys of the top level; without `use` the kinds of the section.
    public func help(section: String? = nil, use: String? = nil) -> String? {
        guard let section else { return topLevel.table }
        guard let schema = topLevel.first(where: { $0.key == section })?.schema else { return nil }
        let variants = schema.variants
        guard let use else { return variants.map { "\($0.name)  \($0.summary)\n" }.joined() }
        return variants.first { $0.name == use }.map { "\($0.summary)\n\n\($0.declarations.table)" }
    }

    private var topLevel: [ConfigurationBlock.Declaration] {
        let block = ConfigurationBlock(describing: "")
        _ = PipelineDraft(block, catalog: self)
        return block.declarations
    }
}

extension ConfigurationSchema {
    /// What a section's blocks can be.
    fileprivate var variants: [Variant] {
        switch self {
        case .described(let schema, _), .map(let schema, _): schema.variants
        case .variants(_, let variants): variants
        default: []
        }
    }

    fileprivate var meaning: String {
        if case .described(_, let meaning) = self { return meaning }
        return ""
    }
}

extension [ConfigurationBlock.Declaration] {
    /// Key with example, whether it must be there, meaning.
    fileprivate var table: String {
        let width = map(\.shown.count).max() ?? 0
        return map { declaration in
            let padding = String(repeating: " ", count: width - declaration.shown.count)
            return
                "\(declaration.shown)\(padding)  \(declaration.isRequired ? "required  " : "          ")\(declaration.schema.meaning)\n"
        }.joined()
    }
}

extension ConfigurationBlock.Declaration {
    fileprivate var shown: String { "\(key): \(example)" }
}
