internal import Synchronization

/// How many bytes of requests a collector holds at one time: heads that are not whole, bodies as they come, decompressed,
/// and as lines.
///
/// Whoever has not shown a key yet gets half of it at most, so that strangers do not shut out those who have one. Among
/// strangers the one who holds most gives way to one who holds less, so that a few who send much and never end do not shut
/// out those who send little.
final class RequestBudget: Sendable {
    /// So few bytes are not worth giving way.
    static let smallShare = 4 << 10

    private let size: Int
    private let held = Atomic<Int>(0)
    /// The shares of strangers that are larger than that.
    private let strangers = Mutex<[ObjectIdentifier: RequestShare]>([:])

    /// Room for `size` bytes.
    init(size: Int) { self.size = size }

    /// The bytes that are held now.
    var bytes: Int { held.load(ordering: .relaxed) }

    /// Takes room for bytes of a share; false where there is none, even if others give way.
    func take(_ count: Int, for share: RequestShare, hasKey: Bool) -> Bool {
        let limit = hasKey ? size : size / 2
        while held.add(count, ordering: .relaxed).newValue > limit {
            giveBack(count)
            guard !hasKey, makeRoom(for: max(share.bytes + count, share.expected)) else { return false }
        }
        guard share.add(count) else {
            giveBack(count)
            return false
        }
        if share.bytes > Self.smallShare {
            strangers.withLock { strangers in
                // Its key may have been in the body; and it may have been revoked just now.
                let isStranger = !hasKey && !share.hasEnded
                strangers[ObjectIdentifier(share)] = isStranger ? share : nil
            }
        }
        return true
    }

    /// Ends a share, and gives back what is left of it.
    func end(_ share: RequestShare) {
        guard let count = share.end(), count > 0 else { return }
        giveBack(count)
        if count > Self.smallShare { _ = strangers.withLock { $0.removeValue(forKey: ObjectIdentifier(share)) } }
    }

    /// Takes from the stranger who holds most, if that is more than `count`.
    private func makeRoom(for count: Int) -> Bool {
        let largest = strangers.withLock { strangers -> (share: RequestShare, revoked: Int?)? in
            guard let largest = strangers.max(by: { $0.value.bytes < $1.value.bytes })?.value, largest.bytes > count
            else {
                return nil
            }
            strangers.removeValue(forKey: ObjectIdentifier(largest))
            return (largest, largest.end())
        }
        guard let largest else { return false }
        // Who has ended it meanwhile has given it back.
        guard let count = largest.revoked else { return true }
        giveBack(count)
        largest.share.onRevoked()
        return true
    }

    private func giveBack(_ count: Int) { held.subtract(count, ordering: .relaxed) }
}

/// What one request holds of a ``RequestBudget``.
final class RequestShare: Sendable {
    private static let ended = -1

    /// Called once when the share has been given to others: what it was for is to be let go.
    let onRevoked: @Sendable () -> Void
    /// How many bytes it is going to hold, as far as that is known.
    let expected: Int
    private let count = Atomic<Int>(0)

    init(expected: Int = 0, onRevoked: @escaping @Sendable () -> Void) {
        self.expected = expected
        self.onRevoked = onRevoked
    }

    fileprivate var hasEnded: Bool { count.load(ordering: .relaxed) == Self.ended }

    /// The bytes that it holds; none once it has ended.
    var bytes: Int { max(0, count.load(ordering: .relaxed)) }

    /// False once it has ended.
    fileprivate func add(_ more: Int) -> Bool {
        var old = count.load(ordering: .relaxed)
        while old != Self.ended {
            let (isDone, found) = count.compareExchange(expected: old, desired: old + more, ordering: .relaxed)
            if isDone { return true }
            old = found
        }
        return false
    }

    /// How many bytes it held; nil where it has ended before.
    fileprivate func end() -> Int? {
        let old = count.exchange(Self.ended, ordering: .relaxed)
        return old == Self.ended ? nil : old
    }
}
