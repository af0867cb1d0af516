/// What the simulated world will do, and when: a binary heap by time, then by the order of entry.
struct Agenda: Sendable {
    enum Task: Sendable {
        /// A new visitor comes.
        case arrival
        /// The visit in this slot goes on.
        case step(Int)
        /// The visitor in this slot comes again.
        case comeback(Int)
        /// The line in this slot reaches the collector.
        case delivery(Int)
    }

    private struct Entry {
        let time: Int64
        let order: UInt64
        let task: Task

        func precedes(_ other: Entry) -> Bool { time != other.time ? time < other.time : order < other.order }
    }

    private var heap: [Entry] = []
    private var entered: UInt64 = 0

    /// The time of the next task in milliseconds since 1970; nil where nothing is left to do.
    var nextTime: Int64? { heap.first?.time }

    mutating func add(_ task: Task, at time: Int64) {
        let entry = Entry(time: time, order: entered, task: task)
        entered += 1
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entry.precedes(heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    /// Takes the next task out; nil where nothing is left to do.
    mutating func removeFirst() -> (time: Int64, task: Task)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return (first.time, first.task) }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(last) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return (first.time, first.task)
    }
}

/// Values that the agenda's tasks refer to by number; numbers are used again.
struct Slots<Value: Sendable>: Sendable {
    private var values: [Value?] = []
    private var free: [Int] = []

    var count: Int { values.count - free.count }

    mutating func add(_ value: Value) -> Int {
        guard let slot = free.popLast() else {
            values.append(value)
            return values.count - 1
        }
        values[slot] = value
        return slot
    }

    /// Takes the value out and frees its number.
    mutating func remove(_ slot: Int) -> Value? {
        let value = values[slot].take()
        free.append(slot)
        return value
    }
}
