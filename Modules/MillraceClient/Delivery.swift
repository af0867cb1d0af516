internal import Dispatch

/// Sends the queue's segments, one after the other.
actor Delivery {
    enum Outcome: Sendable {
        case nothingWaits
        /// The segment with this number is settled.
        case settled(Int)
        case failed(wish: Duration?)
        /// Trying again soon is no use.
        case rejected
        case cancelled
    }

    private let queue: MessageQueue
    private let request: BatchRequest
    private let report: @Sendable (MillraceFailure) -> Void
    private let count: @Sendable (_ sent: Int, _ refused: Int) -> Void
    private let disk = DispatchQueue(label: "millrace-client")
    private var attempt: Task<Outcome, Never>?
    private var head: (segment: MessageQueue.Segment, messages: [[UInt8]])?
    /// What is left of the head, next last; a part that is refused is split in halves.
    private var parts: [Range<Int>] = []

    init(
        queue: MessageQueue,
        request: BatchRequest,
        report: @escaping @Sendable (MillraceFailure) -> Void,
        count: @escaping @Sendable (_ sent: Int, _ refused: Int) -> Void
    ) {
        self.queue = queue
        self.request = request
        self.report = report
        self.count = count
    }

    /// Tries to send the oldest segment; who asks during an attempt gets what comes of that one.
    func deliver() async -> Outcome {
        // A task of its own, since several may wait for it; whoever of them is cancelled ends it for all, and the others
        // ask again.
        let attempt = attempt ?? Task { await self.sendHead() }
        self.attempt = attempt
        return await withTaskCancellationHandler {
            await attempt.value
        } onCancel: {
            attempt.cancel()
        }
    }

    private func sendHead() async -> Outcome {
        defer { attempt = nil }
        guard let segment = queue.head() else { return .nothingWaits }
        if head?.segment.number != segment.number {
            do { try await read(segment) } catch {
                report(.delayed(reason: "what waits cannot be read: \(error)"))
                return .failed(wish: nil)
            }
        }
        while let part = parts.last {
            if let outcome = await send(part) { return await kept(outcome) }
        }
        queue.remove(segment)
        head = nil
        return .settled(segment.number)
    }

    private func read(_ segment: MessageQueue.Segment) async throws {
        let messages = try await onDisk { [queue] in try queue.messages(of: segment) }
        if messages == nil { report(.vanished(path: queue.path(of: segment))) }
        head = (segment, messages ?? [])
        parts = messages?.isEmpty ?? true ? [] : [0..<(messages?.count ?? 0)]
    }

    /// Nil where the part is settled, or split.
    private func send(_ part: Range<Int>) async -> Outcome? {
        guard let messages = head?.messages else { return .cancelled }
        switch await request.send(messages[part]) {
        case .taken:
            parts.removeLast()
            count(part.count, 0)
        case .refused(let reason):
            parts.removeLast()
            if part.count == 1 {
                count(0, 1)
                report(.refused(messageID: Message.id(of: messages[part.lowerBound]), reason: reason))
            } else {
                let middle = part.lowerBound + part.count / 2
                parts += [middle..<part.upperBound, part.lowerBound..<middle]
            }
        case .rejected(let status, let reason):
            report(.rejected(status: status, reason: reason))
            return .rejected
        case .failed(let reason, let wish):
            report(.delayed(reason: reason))
            return .failed(wish: wish)
        case .cancelled: return .cancelled
        }
        return nil
    }

    /// What could not be sent may wait for long, and should outlive a power cut.
    private func kept(_ outcome: Outcome) async -> Outcome {
        do { try await onDisk { [queue] in try queue.sync() } } catch {
            if let failure = error as? MillraceFailure { report(failure) }
        }
        return outcome
    }

    private func onDisk<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            disk.async { continuation.resume(with: Swift.Result { try work() }) }
        }
    }
}
