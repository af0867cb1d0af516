import Foundation
import PipelineCore
import Testing

@testable import Lake

@Suite("What the log says about values")
struct DeltaStatisticsTests {
    private func encoded(_ type: DataType, _ minimum: String?, _ maximum: String?, nulls: Int64? = 0) throws -> String {
        let column = ColumnStatistics(minimum: minimum, maximum: maximum, nullCount: nulls)
        let file = StagedFile(path: "f", size: 1, rowCount: 9, statistics: ["c": column, "unknown": column])
        return try DeltaStatistics(file, schema: Schema([Field("c", type), Field("d", type)])).encoded()
    }

    private func expect(_ type: DataType, _ minimum: String, _ maximum: String, _ least: String, _ greatest: String)
        throws
    {
        let both = #"{"maxValues":{"c":\#(greatest)},"minValues":{"c":\#(least)},"nullCount":{"c":0},"numRecords":9}"#
        #expect(try encoded(type, minimum, maximum) == both)
    }

    @Test("Numbers are numbers, to the last digit")
    func numbers() throws {
        try expect(.integer, "-5", "7", "-5", "7")
        try expect(
            .bigint,
            "-9223372036854775808",
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775807"
        )
        try expect(.double, "-0.1", "1.7976931348623157e+308", "-0.1", "1.7976931348623157e+308")
        try expect(.double, "5e-324", "100.0", "5e-324", "100")
        let digits = "99999999999999999999999999999999.999999"
        try expect(.decimal(precision: 38, scale: 6), "-" + digits, digits, "-" + digits, digits)
    }

    @Test("A bound that is no number is a wider one, or left out")
    func unboundedNumbers() throws {
        let none = #"{"maxValues":{},"minValues":{},"nullCount":{"c":0},"numRecords":9}"#
        try expect(.double, "-inf", "nan", #""-Infinity""#, #""Infinity""#)
        try expect(.double, "nan", "inf", #""-Infinity""#, #""Infinity""#)
        #expect(try encoded(.double, "x", "") == none)
        #expect(try encoded(.bigint, "1.5", "x") == none)
        #expect(try encoded(.decimal(precision: 9, scale: 2), "1e5", "") == none)
        #expect(try encoded(.boolean, "no", "") == none)
        #expect(
            try encoded(.bigint, nil, nil, nulls: nil)
                == #"{"maxValues":{},"minValues":{},"nullCount":{},"numRecords":9}"#
        )
        try expect(.boolean, "false", "true", "false", "true")
        try expect(.boolean, "0", "1", "false", "true")
    }

    @Test("Times are cut to milliseconds, outwards")
    func times() throws {
        try expect(
            .timestamptz,
            "2026-11-21 07:31:17.123456+00",
            "2026-11-21 07:31:17.123456+00",
            #""2026-11-21T07:31:17.123Z""#,
            #""2026-11-21T07:31:17.124Z""#
        )
        try expect(
            .timestamptz,
            "2026-11-21 07:31:17+00",
            "2026-11-21 07:31:17.5+00",
            #""2026-11-21T07:31:17.000Z""#,
            #""2026-11-21T07:31:17.500Z""#
        )
        try expect(
            .timestamptz,
            "1969-12-31 23:59:59.999999+00",
            "2026-12-31 23:59:59.999001+00",
            #""1969-12-31T23:59:59.999Z""#,
            #""2027-01-01T00:00:00.000Z""#
        )
        try expect(
            .timestamptz,
            "0001-01-01 00:00:00+00",
            "9999-12-31 23:59:59+00",
            #""0001-01-01T00:00:00.000Z""#,
            #""9999-12-31T23:59:59.000Z""#
        )
        try expect(.date, "1900-02-28", "2024-02-29", #""1900-02-28""#, #""2024-02-29""#)
        for odd in [
            "infinity", "10000-01-01 00:00:00+00", "2026-11-21 07:31:17+01", "0044-03-15 (BC) 00:00:00+00", "",
            "9999-12-31 23:59:59.999999+00",
        ] {
            #expect(
                try encoded(.timestamptz, nil, odd)
                    == #"{"maxValues":{},"minValues":{},"nullCount":{"c":0},"numRecords":9}"#
            )
        }
        #expect(try encoded(.date, "290309-12-22 (BC)", "infinity").contains(#""maxValues":{},"minValues":{}"#))
    }

    @Test("Every day of five centuries reads back as it prints")
    func canonicalTimes() {
        for day in stride(from: Int64(-135_140), through: 47_482, by: 1) {
            let moment = Timestamp(microseconds: day * 86_400_000_000 + 45_296_000_789)
            let text = moment.description.replacing("T", with: " ").dropLast() + "+00"
            #expect(Timestamp(canonical: String(text)) == moment)
        }
    }

    @Test("Long texts are cut, and the bound stays a bound")
    func texts() throws {
        let long = String(repeating: "ä", count: 40)
        let cut = String(repeating: "ä", count: 32)
        try expect(.varchar, long, long, "\"\(cut)\"", "\"\(cut)\u{10FFFF}\"")
        try expect(.varchar, cut, cut, "\"\(cut)\"", "\"\(cut)\"")
        try expect(.varchar, "", "a\"b", "\"\"", #""a\"b""#)
        let greatest = "\u{10FFFF}"
        try expect(
            .varchar,
            "",
            cut + greatest + greatest + "bc",
            "\"\"",
            "\"\(cut)\(greatest)\(greatest)\(greatest)\""
        )
        try expect(.varchar, "", cut + greatest + greatest, "\"\"", "\"\(cut)\(greatest)\(greatest)\"")
        // A cluster of many scalars is cut within: order is by scalar.
        let cluster = "e" + String(repeating: "\u{301}", count: 40)
        guard case .text(let lower)? = DeltaBound(lower: cluster, .varchar),
            case .text(let upper)? = DeltaBound(upper: cluster, .varchar)
        else { throw CancellationError() }
        #expect(lower.utf8.lexicographicallyPrecedes(cluster.utf8))
        #expect(cluster.utf8.lexicographicallyPrecedes(upper.utf8))
    }

    @Test("What has no order has no bounds, and a struct no count")
    func structures() throws {
        #expect(
            try encoded(.list(.bigint), "1", "2")
                == #"{"maxValues":{},"minValues":{},"nullCount":{"c":0},"numRecords":9}"#
        )
        #expect(
            try encoded(.structure([Field("x", .bigint)]), "1", "2")
                == #"{"maxValues":{},"minValues":{},"nullCount":{},"numRecords":9}"#
        )
    }

    @Test("Paths are URIs, and come back")
    func paths() {
        #expect(PathEncoding.encode("run-1/part 0%.parquet") == "run-1/part%200%25.parquet")
        for path in ["a b", "ä/€\u{1F600}", "100%", "%zz", "%2", "a+b=c", "#?&;"] {
            #expect(PathEncoding.decode(PathEncoding.encode(path)) == path)
        }
        #expect(PathEncoding.decode("%zz%2") == "%zz%2")
        #expect(PathEncoding.encodeComponent("../x") == "%2E.%2Fx")
    }
}
