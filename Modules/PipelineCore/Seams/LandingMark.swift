/// How far a receiver's events have landed at least: what it has forgotten since then is nowhere else.
public struct LandingMark: Sendable, Equatable {
    /// The source that it received for.
    public let source: String
    /// The path of the entry in the source's ledger that tells of them.
    public let path: String
    /// The position after the last of them.
    public let nextRow: Int64
    /// The file that remembers this; without it nothing is known to have landed.
    public let file: String

    /// A mark by its parts.
    public init(source: String, path: String, nextRow: Int64, file: String) {
        self.source = source
        self.path = path
        self.nextRow = nextRow
        self.file = file
    }

    /// The cause of the error of a lake that does not know of events that have landed in it.
    public struct Lost: Error {}

    /// Throws `notFound`, caused by ``Lost``, where the ledger of the source does not know of what has landed.
    ///
    /// Such a lake is another one, an older copy, or not mounted.
    public func check(against ledger: Ledger) throws {
        guard ledger.nextRow(of: path) < nextRow else { return }
        throw PipelineError(
            .notFound,
            "the lake does not hold events of '\(source)' that have landed in it",
            while: "looking for the lake",
            hint: "mount or put back the lake; to go on with the one that is there, remove \(file) and start again",
            cause: Lost()
        )
    }
}

extension Ledger {
    /// The position after the last row that was taken of the file at a path; 1 where nothing was.
    public func nextRow(of path: String) -> Int64 { files.first { $0.path == path }?.resumeRow ?? 1 }
}
