/// The types that a table may hold: those that DuckDB, Spark, Postgres and the BI tools all read without loss.
public indirect enum DataType: Sendable, Hashable {
    case boolean
    /// 32 bits, signed.
    case integer
    /// 64 bits, signed.
    case bigint
    case double
    /// At most 38 digits, of which `scale` behind the point.
    case decimal(precision: Int, scale: Int)
    /// UTF-8 text without a length limit.
    case varchar
    case date
    /// A moment in UTC, to the microsecond.
    case timestamptz
    case list(DataType)
    case structure([Field])
}

/// One column of a table, or one member of a struct.
public struct Field: Sendable, Hashable {
    /// As SQL and readers name it; case does not tell two columns of a table apart.
    public var name: String
    /// What its values are.
    public var type: DataType
    /// Whether a value may be NULL.
    public var isNullable: Bool
    /// What the column means, for people: shown by `millrace tables` and shipped beside exports.
    public var description: String

    /// A field; nullable and without a description unless told otherwise.
    public init(_ name: String, _ type: DataType, isNullable: Bool = true, description: String = "") {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.description = description
    }
}

/// The columns of a table, in order.
public struct Schema: Sendable, Hashable {
    /// The columns, in order.
    public var fields: [Field]
    /// Columns in an order.
    public init(_ fields: [Field]) { self.fields = fields }

    /// The names of the columns, in order.
    public var names: [String] { fields.map(\.name) }
    /// The column of a name, in exactly this spelling; nil where there is none.
    public subscript(name: String) -> Field? { fields.first { $0.name == name } }

    /// Whether names, types and order are the same; descriptions and nullability may differ.
    public func hasSameColumns(as other: Schema) -> Bool {
        fields.count == other.fields.count
            && zip(fields, other.fields).allSatisfy { $0.name == $1.name && $0.type == $1.type }
    }
}

/// What a dataset is: the agreement that BI teams build on.
public struct DatasetDefinition: Sendable, Hashable {
    /// Under which it is found in the lake and in every sink.
    public var name: DatasetName
    /// What the dataset is for and what one row of it is, in one or two sentences.
    public var summary: String
    /// Its columns, in order.
    public var schema: Schema
    /// The columns that together identify a row; empty where none do.
    public var key: [String]

    /// A definition; without a key nothing identifies a row.
    public init(name: DatasetName, summary: String, schema: Schema, key: [String] = []) {
        self.name = name
        self.summary = summary
        self.schema = schema
        self.key = key
    }

    /// The columns by which people select and join rows, and of which a database should keep an index: days, and what
    /// identifies persons, visitors and sessions.
    public var filterColumns: [String] {
        let identifiers: Set = ["person_id", "visitor_id", "session_id"]
        return schema.fields.filter { $0.type == .date || identifiers.contains($0.name) }.map(\.name)
    }
}
