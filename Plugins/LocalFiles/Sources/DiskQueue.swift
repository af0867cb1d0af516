internal import BlockingIO
internal import Synchronization

/// A thread that blocking disk calls run on, one after the other.
actor DiskQueue {
    nonisolated let executor: SerialQueueExecutor

    init(label: String) { executor = SerialQueueExecutor(label: label) }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    func run<Result: Sendable>(_ work: @Sendable () throws -> Result) throws -> Result {
        try Task.checkCancellation()
        return try work()
    }
}

/// A few threads for one disk, used in turn: enough to keep it busy, few enough not to make it seek.
final class DiskQueues: Sendable {
    private let queues: [DiskQueue]
    private let turn = Atomic<Int>(0)

    init(count: Int = 4, label: String) {
        queues = (0..<count).map { DiskQueue(label: "\(label)-\($0)") }
    }

    func next() -> DiskQueue {
        queues[(turn.wrappingAdd(1, ordering: .relaxed).oldValue & Int.max) % queues.count]
    }
}
