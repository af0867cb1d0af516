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
    /// A source, a job or an export in a run.
    public enum Part: Sendable {
        /// A source has been looked at, and what is new in it taken.
        case source(Source)
        /// A job was run, or found up to date.
        case job(Job)
        /// An export was delivered, or found up to date.
        case export(Export)
    }
    /// A source in a run.
    public struct Source: Sendable, Codable {
        /// The name in the config.
        public let name: String
        /// How it ended.
        public var outcome: Outcome
        /// What went wrong, in one line; nil where nothing did.
        public var error: String?
        /// The table that its rows go into.
        public var table: String
        /// Whether its rows were sent by others: then the files are those of the collector's log.
        public var isReceived: Bool?
        /// All files that were there, those that had been taken before included.
        public var found: Int = 0
        /// The files that were taken, or were found to hold known content.
        public var files: Int = 0
        /// The records found in those files: always `accepted` + `rejected`.
        public var rows: Int64 = 0
        /// The rows that went into the table.
        public var accepted: Int64 = 0
        /// The rows that went into the dead letters.
        public var rejected: Int64 = 0
        /// The rows of earlier runs that these took the place of.
        public var superseded: Int64 = 0
        /// How long it took, to the millisecond.
        public var seconds: Double = 0
    }
    /// A job in a run.
    public struct Job: Sendable, Codable {
        /// The name in the config.
        public let name: String
        /// How it ended.
        public var outcome: Outcome
        /// Why it ran.
        public var reason: String?
        /// What went wrong, in one line; nil where nothing did.
        public var error: String?
        /// Rows by table.
        public var rows: [String: Int64] = [:]
        /// Events that came more than once and were left out.
        public var duplicates: Int64 = 0
        /// How long it took, to the millisecond.
        public var seconds: Double = 0
    }
    /// An export in a run.
    public struct Export: Sendable, Codable {
        /// The name in the config.
        public let name: String
        /// How it ended.
        public var outcome: Outcome
        /// What went wrong, in one line; nil where nothing did.
        public var error: String?
        /// How many datasets were delivered; all of them, whichever of them had changed.
        public var datasets: Int = 0
        /// The rows of all of them.
        public var rows: Int64 = 0
        /// How long it took, to the millisecond.
        public var seconds: Double = 0
    }
    /// Identifies the run: `20261121T073117-4f2a`.
    public let run: String
    /// When it began, ISO 8601 in UTC.
    public let startedAt: String
    /// How long it took, to the millisecond.
    public var seconds: Double = 0
    /// In the order of the config; those that the run was not about are left out.
    public var sources: [Source] = []
    /// In the order in which they ran; those that the run was not about are left out.
    public var jobs: [Job] = []
    /// In the order of the config; those that the run was not about are left out.
    public var exports: [Export] = []
    /// What went wrong without harm to what was asked for, such as the removal of old files, and what is lost or left behind
    /// of what collectors have acknowledged.
    public var warnings: [String] = []

    /// Failed if anything failed; `checkFailed` if checks are all that failed; skipped if nothing was new.
    public var outcome: Outcome {
        let all = sources.map(\.outcome) + jobs.map(\.outcome) + exports.map(\.outcome)
        if all.contains(.failed) { return .failed }
        if all.contains(.checkFailed) { return .checkFailed }
        return all.contains(.succeeded) ? .succeeded : .skipped
    }
}
