internal import NIOCore
internal import Synchronization

/// How many connections are open; who comes when all are taken waits in the kernel's queue.
final class ConnectionLimit: Sendable {
    /// That of all collectors of the process together: files have to be opened for what connections bring.
    static let process = ConnectionLimit(max(16, DescriptorLimit.raise() - 64 - 4 * System.coreCount))

    private struct State {
        var open = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// The most that are open at one time.
    let capacity: Int
    private let state = Mutex(State())

    /// Room for `capacity` connections.
    init(_ capacity: Int) { self.capacity = capacity }

    /// The connections that are open now.
    var count: Int { state.withLock { $0.open } }

    /// Takes a place, as soon as there is one.
    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.open < capacity else {
                    state.waiters.append(continuation)
                    return false
                }
                state.open += 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    /// Gives a place back, or on to who has waited longest.
    func leave() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiters.isEmpty else { return state.waiters.removeFirst() }
            state.open -= 1
            return nil
        }
        waiter?.resume()
    }
}
