internal import Synchronization

/// How many bytes of bodies a collector holds at one time: as they come, decompressed, and as lines.
final class BodyBudget: Sendable {
    private let size: Int
    private let held = Atomic<Int>(0)

    /// Room for `size` bytes.
    init(size: Int) { self.size = size }

    /// The bytes that are held now.
    var bytes: Int { held.load(ordering: .relaxed) }

    /// Takes room for bytes; false where there is none.
    ///
    /// Whoever has not shown a key yet gets half of it at most, so that strangers do not shut out those who have one.
    func take(_ count: Int, hasKey: Bool) -> Bool {
        guard held.add(count, ordering: .relaxed).newValue > (hasKey ? size : size / 2) else { return true }
        giveBack(count)
        return false
    }

    /// Gives room back that was taken.
    func giveBack(_ count: Int) { held.subtract(count, ordering: .relaxed) }
}
