internal import PipelineCore

/// What a run did: printed, logged and kept.
public struct RunReport: Sendable, Codable {
    /// How something ended.
    public enum Outcome: String, Sendable, Codable {
        case succeeded
        /// There was nothing new.
        case skipped
        case failed
        /// A check did not hold.
        case checkFailed = "check_failed"
        /// What it waits for did not succeed.
        case blocked
    }
    /// A source in a run.
    public struct Source: Sendable, Codable {
        public let name: String
        public var outcome: Outcome
        public var error: String?
        public var table: String
        public var files: Int = 0
        public var rows: Int64 = 0
        public var accepted: Int64 = 0
        public var rejected: Int64 = 0
        public var superseded: Int64 = 0
        public var seconds: Double = 0
    }
    /// A job in a run.
    public struct Job: Sendable, Codable {
        public let name: String
        public var outcome: Outcome
        /// Why it ran.
        public var reason: String?
        public var error: String?
        /// Rows by table.
        public var rows: [String: Int64] = [:]
        public var duplicates: Int64 = 0
        public var seconds: Double = 0
    }
    /// An export in a run.
    public struct Export: Sendable, Codable {
        public let name: String
        public var outcome: Outcome
        public var error: String?
        public var datasets: Int = 0
        public var rows: Int64 = 0
        public var seconds: Double = 0
    }
    public let run: String
    public let startedAt: String
    public var seconds: Double = 0
    public var sources: [Source] = []
    public var jobs: [Job] = []
    public var exports: [Export] = []

    /// Failed if anything failed; `checkFailed` if checks are all that failed; skipped if nothing was new.
    public var outcome: Outcome {
        let all = sources.map(\.outcome) + jobs.map(\.outcome) + exports.map(\.outcome)
        if all.contains(.failed) { return .failed }
        if all.contains(.checkFailed) { return .checkFailed }
        return all.contains(.succeeded) ? .succeeded : .skipped
    }
}
