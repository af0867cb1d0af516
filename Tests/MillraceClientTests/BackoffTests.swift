import Foundation
import Testing

@testable import MillraceClient

@Suite("Waiting after failures")
struct BackoffTests {
    @Test("The limit doubles from half a second to a minute, and every wait is by chance below it")
    func doubles() {
        for exponent in 0..<40 {
            let waits = (0..<200).map { _ in
                var backoff = Backoff()
                for _ in 0..<exponent { _ = backoff.next(wish: nil) }
                return backoff.next(wish: nil)
            }
            let limit = min(Duration.seconds(60), .milliseconds(500) * (1 << min(exponent, 20)))
            #expect(waits.allSatisfy { $0 >= .zero && $0 <= limit })
            #expect(waits.contains { $0 > limit / 2 } && waits.contains { $0 < limit / 2 })
        }
        var backoff = Backoff()
        for _ in 0..<10 { _ = backoff.next(wish: nil) }
        backoff.reset()
        #expect(backoff.next(wish: nil) <= .milliseconds(500))
    }

    @Test("A server's wish is the least, up to an hour")
    func wish() {
        var backoff = Backoff()
        #expect(backoff.next(wish: .seconds(90)) == .seconds(90))
        #expect(backoff.next(wish: .seconds(90_000)) == .seconds(3600))
    }

    @Test(
        "Retry-After is seconds or a date",
        arguments: [
            ("0", 0), ("120", 120), ("1.5", 1.5), ("Wed, 21 Oct 2026 07:28:30 GMT", 30),
            ("Wed, 21 Oct 2026 07:27:00 GMT", 0), ("-1", nil), ("soon", nil), ("", nil), ("nan", nil), ("inf", nil),
            ("Wed, 21 Okt 2026 07:28:30 GMT", nil), ("Wed, xx Oct 2026 07:28:30 GMT", nil),
        ] as [(String, Double?)]
    )
    func retryAfter(header: String, seconds: Double?) throws {
        let now = try Date("2026-10-21T07:28:00Z", strategy: .iso8601)
        #expect(Backoff.wish(header, now: now) == seconds.map { .seconds($0) })
    }
}
