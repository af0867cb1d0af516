public import PipelineCore
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// The machine's clock in microseconds, made to never give the same moment twice: what arrives later has a later arrival.
public final class UniqueClock: Sendable {
    private let last = Mutex<Int64>(0)

    /// A clock that has not been asked yet.
    public init() {}

    /// The moment that the machine's clock shows, whatever it has shown before.
    static func unadjusted() -> Timestamp { Timestamp(microseconds: Duration.sinceEpoch) }

    /// A moment after all that were given before.
    public func now() -> Timestamp {
        let now = Duration.sinceEpoch
        return last.withLock { last in
            last = max(last + 1, now)
            return Timestamp(microseconds: last)
        }
    }
}

extension Duration {
    /// Microseconds since 1970 by the machine's clock.
    fileprivate static var sinceEpoch: Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }
}
