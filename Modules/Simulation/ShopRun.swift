public import PipelineCore
internal import Synchronization

/// A simulation on its way: files that are made while they are read.
public final class ShopRun: Sendable {
    /// The messages that arrived on one day.
    public struct File: Sendable {
        /// `events-2026-03-01.ndjson`.
        public let name: String
        /// Whole lines in chunks of some 256 KiB, roughly in the order of arrival.
        ///
        /// Read it once, to its end, before the next file: it is simulated meanwhile.
        public let bytes: ByteStream
    }

    private struct State {
        var shop: Shop
        var handedOut = 0
        var completed = 0
    }

    private let simulation: ShopSimulation
    private let state: Mutex<State>

    /// Begins the simulation; nothing is simulated before a file is read.
    public init(_ simulation: ShopSimulation) {
        self.simulation = simulation
        state = Mutex(State(shop: Shop(simulation)))
    }

    /// What happened in the lines that were read so far.
    public var truth: ShopTruth { state.withLock { $0.shop.truth } }

    /// The next day's file; nil after the last day.
    public func nextFile() -> File? {
        state.withLock { state in
            guard state.handedOut < simulation.days else { return nil }
            let day = state.handedOut
            state.handedOut += 1
            let date = Clock.date(of: state.shop.start + Int64(day) * Clock.day)
            return File(name: "events-\(date).ndjson", bytes: Lines(run: self, day: day))
        }
    }

    fileprivate func nextChunk(ofDay day: Int) throws -> [UInt8]? {
        try state.withLock { state in
            guard state.completed == day else {
                throw PipelineError(
                    .internalError,
                    "day \(day + 1) was read while day \(state.completed + 1) was next",
                    while: "simulating a shop",
                    hint: "read every file once, to its end, in order"
                )
            }
            let chunk = state.shop.nextChunk(before: state.shop.start + Int64(day + 1) * Clock.day)
            if chunk == nil { state.completed += 1 }
            return chunk
        }
    }
}

/// The lines of one day, simulated as they are pulled.
private struct Lines: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error

    let run: ShopRun
    let day: Int

    struct Iterator: AsyncIteratorProtocol {
        let run: ShopRun
        let day: Int
        var isAtEnd = false

        mutating func next() async throws -> [UInt8]? {
            guard !isAtEnd else { return nil }
            try Task.checkCancellation()
            let chunk = try run.nextChunk(ofDay: day)
            isAtEnd = chunk == nil
            return chunk
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(run: run, day: day) }
}
