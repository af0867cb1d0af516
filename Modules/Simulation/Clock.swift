internal import PipelineCore

/// Writes moments as ISO 8601, keeping the date of the last one, which the next one usually shares.
struct Clock: Sendable {
    static let day: Int64 = 86_400_000
    static let hour: Int64 = 3_600_000
    static let minute: Int64 = 60_000

    private var dayNumber: Int64 = .min
    private var date: [UInt8] = []

    /// Appends milliseconds since 1970, of which there must be no fewer than none: `2026-03-01T09:15:27.123Z`.
    mutating func append(_ time: Int64, to bytes: inout [UInt8]) {
        if time / Self.day != dayNumber {
            dayNumber = time / Self.day
            date = Array(Self.date(of: time).utf8)
        }
        let rest = Int(time % Self.day)
        bytes += date
        bytes.append(UInt8(ascii: "T"))
        bytes.append(rest / 3_600_000, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(rest / 60_000 % 60, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(rest / 1000 % 60, width: 2)
        bytes.append(UInt8(ascii: "."))
        bytes.append(rest % 1000, width: 3)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// The day in UTC: `2026-03-01`.
    static func date(of time: Int64) -> String {
        String(Timestamp(microseconds: time * 1000).description.prefix(10))
    }
}
