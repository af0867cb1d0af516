internal import Synchronization

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Sends events to a Millrace collector, or to any server that speaks Segment's protocol.
///
/// What is tracked goes into a queue on disk before the call returns, and from there to the server while ``run()`` runs, or
/// by ``flush()``. What an earlier process left is sent first. A message that was sent when the process or the connection
/// died may arrive twice, with the same `messageId`, by which collectors tell; none is lost but what
/// ``Options/onFailure`` hears of.
///
/// All methods may be called from any task or thread at the same time.
public final class Millrace: Sendable {
    let options: Options
    let identity: IdentityFile
    let context: [String: JSONValue]
    private let queue: MessageQueue
    private let delivery: Delivery
    private let tally: Tally

    /// Opens the queue in `directory`, which is made where it is missing, and is for this value alone.
    ///
    /// - Parameters:
    ///   - url: Where the server is, such as `https://collect.example`; `v1/batch` is appended.
    ///   - writeKey: Whose events they are.
    ///   - directory: An absolute path; on phones below Application Support, not below Caches.
    ///   - options: How messages are gathered, kept and sent.
    /// - Throws: ``MillraceFailure``; sends nothing yet.
    public init(url: URL, writeKey: String, directory: String, options: Options = Options()) throws(MillraceFailure) {
        try options.check()
        do {
            // What waits in it are people's data.
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .unusable("the directory \(directory) cannot be made: \(error)")
        }
        self.options = options
        let request = try BatchRequest(url: url, writeKey: writeKey, timeout: options.timeout)
        let tally = Tally()
        self.tally = tally
        queue = try MessageQueue(directory: directory, options: options)
        identity = try IdentityFile(directory + "/identity.json")
        let library: JSONValue = ["name": "millrace-swift", "version": "0.1.0"]
        context = options.context.merging(["library": library]) { $1 }
        delivery = Delivery(queue: queue, request: request, report: options.onFailure) { sent, refused in
            tally.change {
                $0.sent += sent
                $0.refused += refused
            }
        }
    }

    /// What became of messages so far.
    public var counts: Counts { tally.counts }

    /// Sends what waits, whenever a batch is full or ``Options/flushInterval`` has passed, until the task is cancelled.
    ///
    /// Where that fails it tries again, for ever, after a random time that grows to a minute, or after the time that the
    /// server asks for. What is not sent on return is sent by the next call, or by the next process.
    public func run() async {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        queue.onFull { wake.yield() }
        defer { queue.onFull {} }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [interval = options.flushInterval] in
                while !Task.isCancelled {
                    wake.yield()
                    try? await Task.sleep(for: interval)  // Ends early only when cancelled, which ends the loop.
                }
            }
            for await _ in wakes { await deliverAll() }
            group.cancelAll()
        }
    }

    private func deliverAll() async {
        var backoff = options.backoff
        while !Task.isCancelled {
            let wait: Duration
            switch await delivery.deliver() {
            case .nothingWaits: return
            case .settled:
                backoff.reset()
                continue
            case .cancelled: continue
            case .failed(let wish): wait = backoff.next(wish: wish)
            case .rejected: wait = backoff.limit
            }
            try? await Task.sleep(for: wait)  // As above.
        }
    }

    /// Sends what was tracked before the call, each batch once; stops at the first that fails.
    ///
    /// - Returns: Whether everything was settled; else it waits, for ``run()`` or the next call.
    @discardableResult
    public func flush() async -> Bool {
        guard let last = queue.last() else { return true }
        while !Task.isCancelled {
            switch await delivery.deliver() {
            case .nothingWaits: return true
            case .settled(let number) where number >= last: return true
            case .settled, .cancelled: continue
            case .failed, .rejected: return false
            }
        }
        return false
    }

    /// Takes a message into the queue; what goes wrong is told to ``Options/onFailure``.
    func enqueue(_ message: Message) {
        let text = message.text(context: context, at: .now)
        guard text.count <= options.messageSize else {
            return fail(.tooLong(type: message.kind.rawValue, bytes: text.count, limit: options.messageSize))
        }
        do {
            let dropped = try queue.append(text)
            tally.change {
                $0.tracked += 1
                $0.dropped += dropped
            }
            if dropped > 0 { options.onFailure(.dropped(count: dropped)) }
        } catch {
            fail(error)
        }
    }

    func fail(_ failure: MillraceFailure) {
        tally.change { $0.failed += 1 }
        options.onFailure(failure)
    }

    private final class Tally: Sendable {
        private let state = Mutex(Counts())
        var counts: Counts { state.withLock { $0 } }
        func change(_ body: (inout Counts) -> Void) { state.withLock { body(&$0) } }
    }
}
