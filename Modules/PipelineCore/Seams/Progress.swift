/// Is told how a long piece of work goes on; draws a bar, logs a line, or does nothing.
public protocol ProgressReporting: Sendable {
    /// A piece of work has come to `done` of `total` (nil: unknown), in `unit`; called often, so it must be cheap.
    func advance(_ work: String, done: Int64, total: Int64?, unit: ProgressUnit)
    /// A piece of work is done; `outcome` says in a few words what came of it.
    func finish(_ work: String, outcome: String)
}

/// What progress is counted in.
public enum ProgressUnit: Sendable { case bytes, rows, steps }

/// Tells nobody.
public struct SilentProgress: ProgressReporting {
    /// Reports to nobody.
    public init() {}
    /// Does nothing.
    public func advance(_ work: String, done: Int64, total: Int64?, unit: ProgressUnit) {}
    /// Does nothing.
    public func finish(_ work: String, outcome: String) {}
}
