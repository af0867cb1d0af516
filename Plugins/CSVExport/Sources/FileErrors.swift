internal import PipelineCore
internal import SystemPackage

/// What a failed call of the operating system means for the export.
func fileError(_ error: Errno, _ path: String, while operation: String) -> PipelineError {
    let (code, hint): (PipelineError.Code, String?) =
        switch error {
        case .noSpace, .diskQuotaExceeded: (.outOfResources, "an export needs room for a second copy of its files")
        case .permissionDenied, .notPermitted, .readOnlyFileSystem:
            (.unauthorized, "look at the rights of the folder")
        case .notDirectory, .fileExists, .isDirectory:
            (.conflict, "a file stands where a folder belongs, or the reverse")
        default: (.internalError, nil)
        }
    return PipelineError(code, "'\(path)': \(error.description)", while: operation, hint: hint)
}

/// Runs `body` and throws what the operating system reports as a PipelineError; other errors pass unchanged.
func fileErrors<Result>(_ path: String, while operation: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as Errno { throw fileError(error, path, while: operation) }
}

/// The folder that holds the file.
func parentFolder(of path: String) -> String {
    let parent = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
    return parent.isEmpty ? "/" : String(parent)
}
