internal import Synchronization

/// Parsers that nobody uses at the moment; as many are made as bodies are parsed at the same time.
///
/// One that has read a body of millions of tokens is let go with all the memory that it took.
final class ParserPool: Sendable {
    // SAFETY: a parser is in the pool or with the one caller who took it.
    private struct Idle: @unchecked Sendable { let parser: MessageParser }

    private static let keptMemory = 8 << 20

    private let limits: MessageLimits
    private let idle = Mutex<[Idle]>([])

    init(_ limits: MessageLimits) { self.limits = limits }

    /// Lends a parser for as long as `body` runs; nil where there is no memory for one.
    func withParser<Result>(_ body: (MessageParser) throws -> Result) rethrows -> Result? {
        let pooled = idle.withLock { $0.popLast() }
        guard let parser = pooled?.parser ?? MessageParser(limits: limits) else { return nil }
        defer {
            if parser.memory <= Self.keptMemory {
                let idle = Idle(parser: parser)
                self.idle.withLock { $0.append(idle) }
            }
        }
        return try body(parser)
    }
}
