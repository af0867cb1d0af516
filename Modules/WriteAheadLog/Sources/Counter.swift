internal import Synchronization

/// A number that several tasks add to.
final class Counter: Sendable {
    private let total = Atomic<Int64>(0)

    var value: Int64 { total.load(ordering: .relaxed) }

    func add(_ number: Int64) { total.wrappingAdd(number, ordering: .relaxed) }
}
