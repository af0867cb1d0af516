internal import Synchronization

/// A thread that blocking disk calls run on, one after the other.
public actor DiskQueue {
    /// The thread, for actors that share it.
    public nonisolated let executor: SerialQueueExecutor

    /// A thread of its own; `label` names it in debuggers.
    public init(label: String) { executor = SerialQueueExecutor(label: label) }

    /// The thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// Runs blocking work after what was given before; throws instead if the task is cancelled by then.
    public func run<Result: Sendable>(_ work: @Sendable () throws -> Result) throws -> Result {
        try Task.checkCancellation()
        return try work()
    }
}

/// A few threads for one disk, used in turn: enough to keep it busy, few enough not to make it seek.
public final class DiskQueues: Sendable {
    private let queues: [DiskQueue]
    private let turn = Atomic<Int>(0)

    /// `count` threads.
    public init(count: Int = 4, label: String) {
        queues = (0..<count).map { DiskQueue(label: "\(label)-\($0)") }
    }

    /// The thread whose turn it is.
    public func next() -> DiskQueue {
        queues[(turn.wrappingAdd(1, ordering: .relaxed).oldValue & Int.max) % queues.count]
    }
}
