/// A moment, in microseconds since 1970-01-01T00:00:00Z; what a TIMESTAMPTZ column holds.
public struct Timestamp: Hashable, Sendable, Comparable, Codable {
    /// Microseconds since 1970-01-01T00:00:00Z; may be negative.
    public let microseconds: Int64

    /// A moment from microseconds since 1970-01-01T00:00:00Z.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// Milliseconds since 1970, rounded down.
    public var milliseconds: Int64 { (microseconds - (microseconds % 1000 + 1000) % 1000) / 1000 }

    /// Earlier before later.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// Calendar fields in UTC, by the days-from-civil algorithm of the proleptic Gregorian calendar.
    public var utc: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, microsecond: Int) {
        let day = Int((Double(microseconds) / 86_400_000_000).rounded(.down))
        let rest = Int(microseconds - Int64(day) * 86_400_000_000)
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let seconds = rest / 1_000_000
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1,
            seconds / 3600, seconds / 60 % 60, seconds % 60, rest % 1_000_000
        )
    }
}

extension Timestamp: CustomStringConvertible {
    /// ISO 8601 in UTC with six decimals: `2026-11-21T07:31:17.000000Z`.
    public var description: String {
        let t = utc
        return "\(pad(t.year, 4))-\(pad(t.month, 2))-\(pad(t.day, 2))T"
            + "\(pad(t.hour, 2)):\(pad(t.minute, 2)):\(pad(t.second, 2)).\(pad(t.microsecond, 6))Z"
    }

    private func pad(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
