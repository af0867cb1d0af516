internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A table's columns as the Delta protocol writes them: Spark's JSON form of a struct type.
struct DeltaSchema {
    let schema: Schema
    /// Columns with a rule that a writer must enforce and that we cannot.
    let invariants: [String]

    init(_ schema: Schema) {
        self.schema = schema
        invariants = []
    }

    /// Reads the JSON text; throws `schemaMismatch` where a column has a type that our tables do not allow.
    init(_ text: String, of table: DatasetName) throws {
        do {
            let columns = try JSONDecoder().decode(StructType.self, from: Data(text.utf8)).fields
            schema = Schema(columns.map(\.field))
            invariants = columns.filter(\.hasInvariant).map(\.field.name)
        } catch let error as UnsupportedType {
            throw PipelineError(
                .schemaMismatch,
                "table '\(table)' has a column of type \(error.name)",
                while: "reading the columns of a table",
                hint:
                    "only types of the lake can be read: \(DeltaType.names.map(\.delta).joined(separator: ", ")), array, struct"
            )
        } catch {
            throw PipelineError(
                .corruptData,
                "table '\(table)' has a schemaString that is no Delta schema",
                while: "reading the columns of a table"
            )
        }
    }

    func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(
            decoding: try encoder.encode(StructType(fields: schema.fields.map(DeltaField.init))),
            as: UTF8.self
        )
    }
}

private struct UnsupportedType: Error { let name: String }

private struct StructType: Codable {
    var type = "struct"
    let fields: [DeltaField]
}

private struct ArrayType: Codable {
    var type = "array"
    let elementType: DeltaType
    var containsNull = true
}

private struct DeltaField: Codable {
    private struct Metadata: Codable {
        let comment: String?
    }
    private enum CodingKeys: String, CodingKey { case name, type, nullable, metadata }
    private enum MetadataKeys: String, CodingKey {
        case comment
        case invariants = "delta.invariants"
    }

    let field: Field
    let hasInvariant: Bool

    init(_ field: Field) {
        self.field = field
        hasInvariant = false
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let metadata = try? values.nestedContainer(keyedBy: MetadataKeys.self, forKey: .metadata)
        field = Field(
            try values.decode(String.self, forKey: .name),
            try values.decode(DeltaType.self, forKey: .type).type,
            isNullable: try values.decode(Bool.self, forKey: .nullable),
            description: (try? metadata?.decode(String.self, forKey: .comment)) ?? ""
        )
        hasInvariant = metadata?.contains(.invariants) ?? false
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(field.name, forKey: .name)
        try values.encode(DeltaType(field.type), forKey: .type)
        try values.encode(field.isNullable, forKey: .nullable)
        try values.encode(Metadata(comment: field.description.isEmpty ? nil : field.description), forKey: .metadata)
    }
}

/// A type: a name for what is simple, an object for what is built of others.
private struct DeltaType: Codable {
    private enum CodingKeys: String, CodingKey { case type }

    static let names: [(delta: String, type: DataType)] = [
        ("boolean", .boolean), ("integer", .integer), ("long", .bigint), ("double", .double), ("string", .varchar),
        ("date", .date), ("timestamp", .timestamptz),
        // Other writers' types whose every value one of ours holds.
        ("byte", .integer), ("short", .integer), ("float", .double),
    ]

    let type: DataType

    init(_ type: DataType) { self.type = type }

    init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            type = try Self.simple(name)
            return
        }
        let kind = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .type)
        switch kind {
        case "array": type = .list(try ArrayType(from: decoder).elementType.type)
        case "struct": type = .structure(try StructType(from: decoder).fields.map(\.field))
        default: throw UnsupportedType(name: kind)
        }
    }

    func encode(to encoder: any Encoder) throws {
        switch type {
        case .list(let element): try ArrayType(elementType: DeltaType(element)).encode(to: encoder)
        case .structure(let fields): try StructType(fields: fields.map(DeltaField.init)).encode(to: encoder)
        case .decimal(let precision, let scale):
            var value = encoder.singleValueContainer()
            try value.encode("decimal(\(precision),\(scale))")
        default:
            var value = encoder.singleValueContainer()
            try value.encode(Self.names.first { $0.type == type }?.delta ?? "")
        }
    }

    private static func simple(_ name: String) throws -> DataType {
        if let known = names.first(where: { $0.delta == name }) { return known.type }
        let numbers = name.dropFirst("decimal(".count).dropLast().split(separator: ",").map {
            Int($0.filter { $0 != " " })
        }
        guard name.hasPrefix("decimal("), name.hasSuffix(")"), numbers.count == 2, let precision = numbers[0],
            let scale = numbers[1], (1...38).contains(precision), (0...precision).contains(scale)
        else { throw UnsupportedType(name: name) }
        return .decimal(precision: precision, scale: scale)
    }
}
