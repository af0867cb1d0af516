internal import Synchronization

/// How many bytes of requests a collector holds at one time: heads that are not whole, bodies as they come, decompressed,
/// and as lines.
///
/// Where there is no room, what has held most for longest gives way, so that those who send and never end do not shut out the
/// others, whatever key they show: that of a web page is known to everybody. What has come whole stays.
final class RequestBudget: Sendable {
    /// Who sends at a usual pace has ended by then.
    private static let patience = Duration.seconds(1)

    private struct Holding {
        let share: RequestShare
        let start: ContinuousClock.Instant
        var bytes = 0
        /// Whether more is to come.
        var isGrowing = true

        /// What it has cost, in bytes times seconds; nothing where it need not give way.
        func cost(at now: ContinuousClock.Instant) -> Double {
            let age = now - start
            return isGrowing && age > patience ? Double(bytes) * (age / .seconds(1)) : 0
        }
    }

    private struct State {
        var bytes = 0
        /// How many shares have given way.
        var revoked = 0
        var holdings: [ObjectIdentifier: Holding] = [:]

        mutating func end(_ share: RequestShare) {
            if let holding = holdings.removeValue(forKey: ObjectIdentifier(share)) { bytes -= holding.bytes }
        }
    }

    private let size: Int
    private let state = Mutex(State())

    /// Room for `size` bytes.
    init(size: Int) { self.size = size }

    /// The bytes that are held now.
    var bytes: Int { state.withLock { $0.bytes } }

    /// How many shares have given way so far.
    var revoked: Int { state.withLock { $0.revoked } }

    /// Takes room for bytes of a share; false where there is none, even if others give way, and where it has given way itself.
    func take(_ count: Int, for share: RequestShare, at now: ContinuousClock.Instant = .now) -> Bool {
        var revoked: [RequestShare] = []
        let isTaken = state.withLock { state in
            guard !share.isRevoked else { return false }
            while state.bytes + count > size {
                let costs = state.holdings.values.lazy.filter { $0.share !== share }.map {
                    ($0.share, $0.cost(at: now))
                }
                guard let (most, cost) = costs.max(by: { $0.1 < $1.1 }), cost > 0 else { return false }
                state.end(most)
                state.revoked += 1
                most.revoke()
                revoked.append(most)
            }
            state.bytes += count
            state.holdings[ObjectIdentifier(share), default: Holding(share: share, start: now)].bytes += count
            return true
        }
        for share in revoked { share.onRevoked() }
        return isTaken
    }

    /// Notes that all has come of what a share is for, so that it does not give way any more.
    func settle(_ share: RequestShare) { state.withLock { $0.holdings[ObjectIdentifier(share)]?.isGrowing = false } }

    /// Ends a share, and gives back what it holds.
    func end(_ share: RequestShare) { state.withLock { $0.end(share) } }
}
