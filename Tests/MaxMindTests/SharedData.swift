import Foundation

/// Files that are too large or not ours to keep in the project: `MILLRACE_SHARED_DATA`, else `../shared/data`.
enum SharedData {
    static let directory: URL =
        if let path = ProcessInfo.processInfo.environment["MILLRACE_SHARED_DATA"] {
            URL(filePath: path)
        } else {
            URL(filePath: #filePath).appending(path: "../../../../shared/data").standardizedFileURL
        }

    static func path(_ name: String) -> String { directory.appending(path: name).path }
    static var isThere: Bool { FileManager.default.fileExists(atPath: path("GeoIP2-City-Test.mmdb")) }
}
