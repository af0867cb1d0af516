internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension Timestamp {
    /// Reads canonical CSV such as `2026-11-21 07:31:17.123456+00`; nil for anything else, years outside 1…9999 included.
    init?(canonical text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
            return bytes[range].reduce(0) { $0 * 10 + Int64($1 - 48) }
        }
        func isSeparator(_ index: Int, _ separator: Unicode.Scalar) -> Bool {
            index < bytes.count && bytes[index] == UInt8(ascii: separator)
        }
        guard let year = number(0..<4), isSeparator(4, "-"), let month = number(5..<7), isSeparator(7, "-"),
            let day = number(8..<10), isSeparator(10, " "), let hour = number(11..<13), isSeparator(13, ":"),
            let minute = number(14..<16), isSeparator(16, ":"), let second = number(17..<19),
            year >= 1, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        var end = 19
        var microsecond: Int64 = 0
        if isSeparator(end, ".") {
            let digits = bytes[(end + 1)...].prefix { $0 >= 48 && $0 <= 57 }
            guard (1...6).contains(digits.count) else { return nil }
            microsecond = digits.reduce(0) { $0 * 10 + Int64($1 - 48) }
            for _ in digits.count..<6 { microsecond *= 10 }
            end = digits.endIndex
        }
        guard bytes[end...].elementsEqual("+00".utf8) else { return nil }
        let seconds = Self.days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
        self.init(microseconds: seconds * 1_000_000 + microsecond)
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar, counting years from March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }

    /// The time by this machine's clock.
    static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }

    /// The moment a span before this one; the beginning of time where the span is longer.
    func before(_ span: Duration) -> Timestamp {
        let (seconds, attoseconds) = span.components
        let (scaled, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (moment, underflows) = microseconds.subtractingReportingOverflow(overflows ? .max : scaled)
        return Timestamp(microseconds: underflows ? .min : moment - attoseconds / 1_000_000_000_000)
    }
}
