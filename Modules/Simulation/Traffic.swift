/// When new visitors come: a Poisson process whose rate changes with the hour and the day of the week, in UTC.
struct Traffic: Sendable {
    private static let hours = [
        5, 3, 2, 2, 3, 5, 9, 14, 18, 21, 23, 25, 26, 24, 23, 24, 25, 27, 31, 35, 36, 31, 20, 11,
    ]
    private static let hoursSum = hours.reduce(0, +)
    /// Sunday first; 100 is the average.
    private static let weekdays = [112, 96, 93, 95, 97, 99, 108]

    private let visitorsPerDay: Int
    /// In microseconds since 1970, because there may be several arrivals in a millisecond.
    private var now: Int64

    init(start: Int64, visitorsPerDay: Int) {
        self.visitorsPerDay = visitorsPerDay
        now = start * 1000
    }

    /// The time of the next arrival in milliseconds since 1970.
    mutating func nextArrival(_ random: inout RandomSource) -> Int64 {
        while true {
            let hour = now / 3_600_000_000
            let share = Self.hours[Int(hour % 24)] * Self.weekdays[Int((hour / 24 + 4) % 7)]
            let pause = Int64(random.exponential(mean: 3_600_000_000 * Self.hoursSum * 100 / (visitorsPerDay * share)))
            let hourEnd = (hour + 1) * 3_600_000_000
            if now + pause < hourEnd {
                now += pause
                return now / 1000
            }
            // The process has no memory: it begins anew with the next hour's rate.
            now = hourEnd
        }
    }
}
