internal import PipelineCore

/// A type as DuckDB names it, and the type of ours that holds its values.
///
/// DuckDB has types that the lake does not: they are widened where nothing is lost, written as text where nothing else
/// would be read by all engines, and refused where a reader would fail.
struct DuckDBType {
    let type: DataType
    /// Whether a value must be cast to be of that type.
    let needsCast: Bool

    /// Nil where no type of ours holds such values.
    init?(_ name: String) {
        var parser = Parser(text: Array(name))
        guard let parsed = parser.type(), parser.isAtEnd else { return nil }
        self = parsed
    }

    private init(_ type: DataType, needsCast: Bool) {
        self.type = type
        self.needsCast = needsCast
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
        var position = 0
        var isAtEnd: Bool { position == text.count }

        mutating func type() -> DuckDBType? {
            guard var parsed = base() else { return nil }
            while peek("[") {
                guard let close = text[position...].firstIndex(of: "]") else { return nil }
                let isFixed = close > position + 1
                position = close + 1
                parsed = DuckDBType(.list(parsed.type), needsCast: parsed.needsCast || isFixed)
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
            let start = position
            while position < text.count, !"[,)".contains(text[position]) { position += 1 }
            return DuckDBType.simple[String(text[start..<position])]
        }

        private mutating func decimal() -> DuckDBType? {
            guard let close = text[position...].firstIndex(of: ")") else { return nil }
            let numbers = String(text[position..<close]).split(separator: ",").compactMap { Int($0) }
            position = close + 1
            return numbers.count == 2
                ? DuckDBType(.decimal(precision: numbers[0], scale: numbers[1]), needsCast: false) : nil
        }

        private mutating func structure() -> DuckDBType? {
            var fields: [Field] = []
            var needsCast = false
            repeat {
                while peek(" ") { position += 1 }
                guard let name = name(), take(" "), let member = type() else { return nil }
                fields.append(Field(name, member.type))
                needsCast = needsCast || member.needsCast
            } while take(",")
            return take(")") ? DuckDBType(.structure(fields), needsCast: needsCast) : nil
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
