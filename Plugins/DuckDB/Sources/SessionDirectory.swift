internal import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
#if canImport(Glibc)
internal import Glibc
#endif

/// The directory of one session, which the program spills into and may write nowhere else.
struct SessionDirectory {
    let path: String

    /// Makes a new directory below `parent`, and removes those that killed processes left there.
    init(in parent: String) throws {
        Self.sweep(parent)
        path = "\(parent)/\(getpid())-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw PipelineError(
                .unauthorized,
                "the directory \(path) cannot be made",
                while: "starting DuckDB",
                hint: "make \(parent) writable for the user that runs millrace, or set `state:` to a directory that is",
                cause: error
            )
        }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)  // What is left is swept by a later session.
    }

    /// A process of another container may seem gone and live, so a directory that was used within the hour stays.
    private static func sweep(_ parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
            let path = "\(parent)/\(name)"
            guard let owner = name.split(separator: "-").first.flatMap({ pid_t($0) }), kill(owner, 0) != 0,
                errno == ESRCH,
                let used = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date,
                used.timeIntervalSinceNow < -3600
            else { continue }
            try? FileManager.default.removeItem(atPath: path)  // A later session tries again.
        }
    }
}
