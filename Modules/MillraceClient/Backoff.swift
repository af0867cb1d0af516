#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// How long to wait after failures: a random time below a limit that doubles.
struct Backoff: Sendable {
    var first = Duration.milliseconds(500)
    var limit = Duration.seconds(60)
    /// A server's wish is heard up to here.
    var longestWish = Duration.seconds(3600)
    private var failures = 0

    mutating func next(wish: Duration?) -> Duration {
        let ceiling = min(limit, first * (1 << min(failures, 20)))
        failures += 1
        return max(ceiling * Double.random(in: 0...1), min(wish ?? .zero, longestWish))
    }

    mutating func reset() { failures = 0 }

    /// Reads a `Retry-After`: seconds, or a date as HTTP writes it.
    static func wish(_ header: String?, now: Date = .now) -> Duration? {
        guard let header else { return nil }
        if let seconds = Double(header), seconds >= 0, seconds < 1e9 { return .seconds(seconds) }
        // Wed, 21 Oct 2026 07:28:00 GMT
        let parts = header.split(separator: " ")
        guard parts.count == 6, let month = months.firstIndex(of: parts[2]) else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        let date = try? Date("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z", strategy: .iso8601)
        return date.map { .seconds(max(0, $0.timeIntervalSince(now))) }
    }

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
