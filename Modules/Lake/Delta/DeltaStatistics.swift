internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What a commit says about the values in one file, so that readers can skip it.
///
/// A bound may be wider than the values, never narrower: a reader that skips by a narrow one loses rows. Every column that
/// has an order gets its bounds where they are known, since some readers (delta-rs into pyarrow, 1.6) take a column
/// without bounds, beside others that have them, for one without values.
struct DeltaStatistics: Encodable {
    let numRecords: Int64
    let minValues: [String: DeltaBound]
    let maxValues: [String: DeltaBound]
    let nullCount: [String: Int64]

    init(_ file: StagedFile, schema: Schema) {
        numRecords = file.rowCount
        var (least, greatest, nulls) = ([String: DeltaBound](), [String: DeltaBound](), [String: Int64]())
        for field in schema.fields {
            guard let column = file.statistics[field.name] else { continue }
            least[field.name] = column.minimum.flatMap { DeltaBound(lower: $0, field.type) }
            greatest[field.name] = column.maximum.flatMap { DeltaBound(upper: $0, field.type) }
            // A struct's counts would be an object of its members' counts, which we do not know.
            if case .structure = field.type { continue }
            nulls[field.name] = column.nullCount
        }
        (minValues, maxValues, nullCount) = (least, greatest, nulls)
    }

    /// The number of rows that any writer's statistics tell, if they do.
    static func rowCount(in stats: String) -> Int64? {
        struct Rows: Decodable { let numRecords: Int64? }
        return (try? JSONDecoder().decode(Rows.self, from: Data(stats.utf8)))?.numRecords
    }

    func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// A bound in the JSON type that readers expect for the column's type.
enum DeltaBound: Encodable {
    case boolean(Bool)
    case integer(Int64)
    case double(Double)
    case decimal(Decimal)
    case text(String)

    /// How much of a text is kept, in Unicode scalars.
    static let prefixLength = 32

    init?(lower text: String, _ type: DataType) {
        switch type {
        case .varchar: self = .text(String(String.UnicodeScalarView(text.unicodeScalars.prefix(Self.prefixLength))))
        case .timestamptz:
            guard let moment = Timestamp(canonical: text) else { return nil }
            self.init(milliseconds: moment.milliseconds)
        case .double: self.init(double: text, unlessNumber: -.infinity)
        default: self.init(exact: text, type)
        }
    }

    init?(upper text: String, _ type: DataType) {
        switch type {
        case .varchar:
            let scalars = text.unicodeScalars
            // The greatest scalar stands for what is cut off, which it is greater than unless that begins with it.
            guard scalars.count > Self.prefixLength,
                let end = scalars.indices.dropFirst(Self.prefixLength).first(where: { scalars[$0] != "\u{10FFFF}" })
            else {
                self = .text(text)
                return
            }
            self = .text(text[..<end] + "\u{10FFFF}")
        case .timestamptz:
            guard let moment = Timestamp(canonical: text) else { return nil }
            self.init(milliseconds: Timestamp(microseconds: moment.microseconds + 999).milliseconds)
        case .double: self.init(double: text, unlessNumber: .infinity)
        default: self.init(exact: text, type)
        }
    }

    private init?(exact text: String, _ type: DataType) {
        switch type {
        case .integer, .bigint:
            guard let number = Int64(text) else { return nil }
            self = .integer(number)
        case .boolean:
            guard ["false", "true", "0", "1"].contains(text) else { return nil }
            self = .boolean(text == "true" || text == "1")
        case .decimal:
            let isPlain = text.utf8.allSatisfy {
                ($0 >= 48 && $0 <= 57) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
            guard isPlain, let number = Decimal(string: text) else { return nil }
            self = .decimal(number)
        case .date:
            guard text.utf8.count == 10, Timestamp(canonical: text + " 00:00:00+00") != nil else { return nil }
            self = .text(text)
        case .double, .varchar, .timestamptz, .list, .structure: return nil
        }
    }

    /// Infinities are texts, as Spark writes and reads them; a bound that is no number is the widest there is.
    private init?(double text: String, unlessNumber widest: Double) {
        guard var number = Double(text) else { return nil }
        if number.isNaN { number = widest }
        self = number.isFinite ? .double(number) : .text(number < 0 ? "-Infinity" : "Infinity")
    }

    private init?(milliseconds: Int64) {
        let text = Timestamp(microseconds: milliseconds * 1000).description
        // Only years of four digits can be compared as text.
        guard text.utf8.count == 27 else { return nil }
        self = .text(text.dropLast(4) + "Z")
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .boolean(let bool): try value.encode(bool)
        case .integer(let number): try value.encode(number)
        case .double(let number): try value.encode(number)
        case .decimal(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        }
    }
}
