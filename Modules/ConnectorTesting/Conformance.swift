internal import Testing

/// The promises of a seam as tests that everything behind it passes.
public protocol Conformance: Sendable {
    /// Runs every check; returns the promises that are broken, each with what was found.
    func brokenPromises() async -> [String]
}

extension Conformance {
    /// Runs every check and records an issue for each promise that is broken.
    public func run(
        fileID: String = #fileID,
        filePath: String = #filePath,
        line: Int = #line,
        column: Int = #column
    ) async {
        let location = SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column)
        for broken in await brokenPromises() { Issue.record("\(broken)", sourceLocation: location) }
    }

    /// Those of the promises whose checks throw, each check made anew.
    func broken<Check>(
        of promises: [(promise: String, check: @Sendable (Check) async throws -> Void)],
        _ makeCheck: () async throws -> Check
    ) async -> [String] {
        var broken: [String] = []
        for (promise, check) in promises {
            do {
                try await check(makeCheck())
            } catch {
                broken.append("\(promise): \(error)")
            }
        }
        return broken
    }
}
