internal import Synchronization

/// What one request, or one head that is not whole, holds of a ``RequestBudget``.
final class RequestShare: Sendable {
    /// Called once when the share has been given to others: what it was for is to be let go.
    let onRevoked: @Sendable () -> Void
    private let revocation = Atomic(false)

    init(onRevoked: @escaping @Sendable () -> Void) { self.onRevoked = onRevoked }

    var isRevoked: Bool { revocation.load(ordering: .relaxed) }

    /// Lets it take nothing any more.
    func revoke() { revocation.store(true, ordering: .relaxed) }
}
