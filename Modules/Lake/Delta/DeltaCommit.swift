internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// One file of a table's log: the actions that make a version of the version before.
struct DeltaCommit {
    let version: Int64
    let actions: [DeltaAction]

    init(version: Int64, actions: [DeltaAction]) {
        self.version = version
        self.actions = actions
    }

    /// Reads a log file; throws `corruptData` with the file and line where it is none.
    init(_ bytes: [UInt8], version: Int64, at key: ObjectKey) throws {
        let decoder = JSONDecoder()
        var actions: [DeltaAction] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ " \t\r".utf8.contains($0) }) { continue }
            do { actions.append(try decoder.decode(DeltaAction.self, from: Data(line))) } catch {
                // The decoder's own error may quote what it read, so it is not passed on.
                throw Self.corrupt(key, "line \(index + 1) is not an action of the Delta protocol")
            }
        }
        guard !actions.isEmpty else { throw Self.corrupt(key, "the file is empty") }
        self.init(version: version, actions: actions)
    }

    /// The file's bytes: one JSON object a line, with keys in a fixed order.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try actions.reduce(into: []) { $0 += try encoder.encode($1) + [UInt8(ascii: "\n")] }
    }

    var info: DeltaCommitInfo? { actions.lazy.compactMap(\.commitInfo).first }

    /// By the clock of whoever committed; nil where a writer does not say.
    var committedAt: Timestamp? { info?.timestamp.map { Timestamp(microseconds: $0 * 1000) } }

    private static func corrupt(_ key: ObjectKey, _ problem: String) -> PipelineError {
        PipelineError(
            .corruptData,
            "\(key): \(problem)",
            while: "reading a table's log",
            hint: "restore the file from a copy of the lake; a version cannot be read without it"
        )
    }
}
