internal import GRDB
public import PipelineCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Delivers datasets as tables of one SQLite file, in which all of them change together.
///
/// Readers are never blocked and never see half a delivery (write-ahead log). Tables and views that others keep in the
/// same file stay as they are, and views over delivered tables go on working.
public struct SQLiteSink: Sink {
    let path: String

    /// A sink into the file at `path`; opens nothing.
    public init(path: String) { self.path = path }

    /// Opens the file for writing and locks it for a moment; where there is none yet, looks whether it could be made.
    public func probe() async throws {
        guard FileManager.default.fileExists(atPath: path) else { return try probeFolder() }
        try await sqliteErrors(path, while: "opening the SQLite file") {
            let queue = try DatabaseQueue(path: path, configuration: SQLiteDelivery.configuration)
            try await queue.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) { .rollback }
            }
            try queue.close()
        }
    }

    private func probeFolder() throws {
        var folder = parentFolder(of: path)
        while folder != "/", !FileManager.default.fileExists(atPath: folder) { folder = parentFolder(of: folder) }
        var isFolder = false
        _ = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
        guard isFolder, FileManager.default.isWritableFile(atPath: folder) else {
            throw PipelineError(
                .unauthorized,
                "'\(path)' cannot be made: '\(folder)' is no folder that we may write in",
                while: "opening the SQLite file",
                hint: "change `path` or the folder's owner"
            )
        }
    }

    /// What the file's own catalog says; reads only.
    public func currentDelivery() async throws -> RunID? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try await sqliteErrors(path, while: "reading the SQLite file's catalog") {
            var configuration = SQLiteDelivery.configuration
            configuration.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }  // Nothing was written.
            return try await queue.read { try Catalog.latestRun(in: $0) }
        }
    }

    /// Opens the file, made if it is missing, and removes what a killed delivery left in it.
    public func begin(_ header: DeliveryHeader) async throws -> any SinkDelivery {
        let delivery = SQLiteDelivery(path: path, header: header)
        try await delivery.open()
        return delivery
    }
}

/// The folder that holds the file.
func parentFolder(of path: String) -> String {
    let parent = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
    return parent.isEmpty ? "/" : String(parent)
}
