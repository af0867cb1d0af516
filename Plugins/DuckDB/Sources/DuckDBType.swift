internal import PipelineCore

/// A type as DuckDB names it, and the type of ours that holds its values.
///
/// DuckDB has types that the lake does not: they are widened where nothing is lost, written as text where nothing else
/// would be read by all engines, and of a query's result refused where a reader would fail. Of a file that is to be taken
/// nothing is refused: bytes become base64, maps JSON, and the rest text.
struct DuckDBType: Sendable {
    /// Values that a cast alone does not make ours.
    private indirect enum Parts: Sendable {
        case none, bytes, json
        case list(DuckDBType)
        case structure([(name: String, type: DuckDBType)])
    }

    let type: DataType
    /// Whether a value must be cast to be of that type.
    let needsCast: Bool
    private let parts: Parts
    /// Whether a cast makes a value one of ours.
    private let isCastable: Bool

    /// The type of a query's column; nil where no type of ours holds such values.
    init?(_ name: String) {
        var parser = Parser(text: Array(name), takesAll: false)
        guard let parsed = parser.type(), parser.isAtEnd else { return nil }
        self = parsed
    }

    /// The type of a Parquet file's column.
    init(parquet name: String) {
        var parser = Parser(text: Array(name), takesAll: true)
        if let parsed = parser.type(), parser.isAtEnd {
            self = parsed
        } else {
            self.init(.varchar, needsCast: true, parts: name.contains("(") ? .json : .none)
        }
    }

    private init(_ type: DataType, needsCast: Bool, parts: Parts = .none) {
        self.type = type
        self.needsCast = needsCast
        self.parts = parts
        isCastable =
            switch parts {
            case .none: true
            case .bytes, .json: false
            case .list(let element): element.isCastable
            case .structure(let members): members.allSatisfy(\.type.isCastable)
            }
    }

    /// A value that a cast makes one of a type of ours, which is this one but for the names of members.
    ///
    /// What a cast alone does is left to whoever casts: a TIMESTAMP may be one of any time zone.
    func value(_ expression: String, as target: DataType, depth: Int = 0) -> String {
        if isCastable, target == type { return expression }
        switch (parts, target) {
        case (.bytes, _): return "base64(\(expression))"
        case (.json, _): return "CAST(to_json(\(expression)) AS VARCHAR)"
        case (.list(let element), .list(let wanted)):
            let value = element.value("element_\(depth)", as: wanted, depth: depth + 1)
            return "list_transform(\(expression), lambda element_\(depth): \(value))"
        case (.structure(let members), .structure(let fields)):
            let values = zip(members, fields).map { member, field in
                let part = "struct_extract(\(expression), \(sqlLiteral(member.name)))"
                return "\(sqlIdentifier(field.name)) := \(member.type.value(part, as: field.type, depth: depth))"
            }
            return
                "CASE WHEN \(expression) IS NOT NULL THEN struct_pack(\(values.joined(separator: ", "))) END"
        default: return expression
        }
    }

    private static let simple: [String: DuckDBType] = [
        "BOOLEAN": .init(.boolean, needsCast: false),
        "TINYINT": .init(.integer, needsCast: true), "SMALLINT": .init(.integer, needsCast: true),
        "UTINYINT": .init(.integer, needsCast: true), "USMALLINT": .init(.integer, needsCast: true),
        "INTEGER": .init(.integer, needsCast: false), "UINTEGER": .init(.bigint, needsCast: true),
        "BIGINT": .init(.bigint, needsCast: false), "UBIGINT": .init(.bigint, needsCast: true),
        "HUGEINT": .init(.bigint, needsCast: true), "UHUGEINT": .init(.bigint, needsCast: true),
        "FLOAT": .init(.double, needsCast: true), "DOUBLE": .init(.double, needsCast: false),
        "VARCHAR": .init(.varchar, needsCast: false), "JSON": .init(.varchar, needsCast: true),
        "UUID": .init(.varchar, needsCast: true), "TIME": .init(.varchar, needsCast: true),
        "TIME_NS": .init(.varchar, needsCast: true), "TIME WITH TIME ZONE": .init(.varchar, needsCast: true),
        "INTERVAL": .init(.varchar, needsCast: true), "BIT": .init(.varchar, needsCast: true),
        "BIGNUM": .init(.varchar, needsCast: true), "\"NULL\"": .init(.varchar, needsCast: true),
        "DATE": .init(.date, needsCast: false), "TIMESTAMP": .init(.timestamptz, needsCast: true),
        "TIMESTAMP_S": .init(.timestamptz, needsCast: true), "TIMESTAMP_MS": .init(.timestamptz, needsCast: true),
        "TIMESTAMP_NS": .init(.timestamptz, needsCast: true),
        "TIMESTAMP WITH TIME ZONE": .init(.timestamptz, needsCast: false),
    ]

    private struct Parser {
        let text: [Character]
        /// Whether types that a table cannot hold are taken too.
        let takesAll: Bool
        var position = 0
        var isAtEnd: Bool { position == text.count }

        mutating func type() -> DuckDBType? {
            guard var parsed = base() else { return nil }
            while peek("[") {
                guard let close = text[position...].firstIndex(of: "]") else { return nil }
                let isFixed = close > position + 1
                position = close + 1
                parsed = DuckDBType(
                    .list(parsed.type),
                    needsCast: parsed.needsCast || isFixed,
                    parts: .list(parsed)
                )
            }
            return parsed
        }

        private mutating func base() -> DuckDBType? {
            if take("STRUCT(") { return structure() }
            if take("DECIMAL(") { return decimal() }
            if take("ENUM(") {
                guard skipArguments() else { return nil }
                return DuckDBType(.varchar, needsCast: true)
            }
            if takesAll, take("MAP(") {
                guard type() != nil, take(", "), type() != nil, take(")") else { return nil }
                return DuckDBType(.varchar, needsCast: true, parts: .json)
            }
            let start = position
            while position < text.count, !"[,)".contains(text[position]) { position += 1 }
            let name = String(text[start..<position])
            if takesAll {
                if name == "BLOB" { return DuckDBType(.varchar, needsCast: true, parts: .bytes) }
                // As Spark reads it: a BIGINT does not hold all of them.
                if name == "UBIGINT" { return DuckDBType(.decimal(precision: 20, scale: 0), needsCast: true) }
            }
            return DuckDBType.simple[name]
        }

        private mutating func decimal() -> DuckDBType? {
            guard let close = text[position...].firstIndex(of: ")") else { return nil }
            let numbers = String(text[position..<close]).split(separator: ",").compactMap { Int($0) }
            position = close + 1
            return numbers.count == 2
                ? DuckDBType(.decimal(precision: numbers[0], scale: numbers[1]), needsCast: false) : nil
        }

        private mutating func structure() -> DuckDBType? {
            var members: [(name: String, type: DuckDBType)] = []
            repeat {
                while peek(" ") { position += 1 }
                guard let name = name(), take(" "), let member = type() else { return nil }
                members.append((name, member))
            } while take(",")
            return take(")")
                ? DuckDBType(
                    .structure(members.map { Field($0.name, $0.type.type) }),
                    needsCast: members.contains(where: \.type.needsCast),
                    parts: .structure(members)
                ) : nil
        }

        private mutating func name() -> String? {
            guard peek("\"") else {
                let start = position
                while position < text.count, text[position] != " " { position += 1 }
                return String(text[start..<position])
            }
            var name = ""
            position += 1
            while position < text.count {
                if text[position] == "\"" {
                    position += 1
                    guard peek("\"") else { return name }
                }
                name.append(text[position])
                position += 1
            }
            return nil
        }

        /// Passes over quoted arguments up to the closing parenthesis.
        private mutating func skipArguments() -> Bool {
            var isQuoted = false
            while position < text.count {
                let character = text[position]
                position += 1
                if character == "'" { isQuoted.toggle() }
                if character == ")", !isQuoted { return true }
            }
            return false
        }

        private func peek(_ character: Character) -> Bool { position < text.count && text[position] == character }

        private mutating func take(_ word: String) -> Bool {
            guard text[position...].starts(with: word) else { return false }
            position += word.count
            return true
        }
    }
}

extension DataType {
    /// The type as DuckDB writes it in a cast.
    var duckDBName: String {
        switch self {
        case .timestamptz: "TIMESTAMP WITH TIME ZONE"
        case .list(let element): element.duckDBName + "[]"
        case .structure(let fields):
            "STRUCT(" + fields.map { "\(sqlIdentifier($0.name)) \($0.type.duckDBName)" }.joined(separator: ", ") + ")"
        default: description
        }
    }
}
