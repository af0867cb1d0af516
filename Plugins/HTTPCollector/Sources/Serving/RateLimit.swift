internal import Synchronization

/// How many events each key may send: a bucket that fills steadily, and holds what one second brings.
final class RateLimit: Sendable {
    private struct Bucket {
        var level: Double
        var filled: ContinuousClock.Instant
    }
    private let rate: Double
    private let buckets = Mutex<[String: Bucket]>([:])

    /// A limit in events a second.
    init(eventsPerSecond rate: Int) { self.rate = Double(rate) }

    /// Takes `count` events for a key; nil if they are within the limit, else when to try again.
    ///
    /// A batch is taken whole while there is anything left, so that a batch larger than the bucket passes at all; the
    /// bucket owes the rest.
    func take(_ count: Int, of key: String, at now: ContinuousClock.Instant = .now) -> Duration? {
        buckets.withLock { buckets in
            var bucket = buckets[key] ?? Bucket(level: rate, filled: now)
            bucket.level = min(rate, bucket.level + (now - bucket.filled) / .seconds(1) * rate)
            bucket.filled = now
            defer { buckets[key] = bucket }
            guard bucket.level > 0 else { return .seconds((-bucket.level / rate).rounded(.up) + 1) }
            bucket.level -= Double(count)
            return nil
        }
    }
}
