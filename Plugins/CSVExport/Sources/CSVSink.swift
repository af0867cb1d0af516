public import PipelineCore
internal import SystemPackage

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Delivers datasets as CSV files in one folder, with a README, a `schema.json` and what the tool needs to connect.
///
/// Files are written beside the published ones and appear by rename, file by file, `schema.json` last; a delivery that
/// fails leaves the last good one as it was. Files that no delivery made are never touched.
public struct CSVSink: Sink {
    let path: String
    let options: CSVOptions

    /// A sink into the folder at `path`; opens nothing.
    public init(path: String, options: CSVOptions) {
        self.path = path
        self.options = options
    }

    /// Looks whether the folder can be written in, or made; changes nothing.
    public func probe() async throws {
        var folder = path
        while !FileManager.default.fileExists(atPath: folder), folder != "/", folder != "." {
            folder = parentFolder(of: folder)
        }
        var isFolder = false
        _ = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
        guard isFolder, FileManager.default.isWritableFile(atPath: folder) else {
            throw PipelineError(
                .unauthorized,
                "'\(folder)' is no folder that we may write in",
                while: "probing the export folder '\(path)'",
                hint: "change `path` or the folder's owner"
            )
        }
    }

    /// What the folder's `schema.json` says; nil also where one of the files that it names is gone, or has another size.
    public func currentDelivery() async throws -> RunID? {
        guard let manifest = try ExportFolder.readManifest(path), manifest.flavor == options.flavor else { return nil }
        let files = manifest.datasets.flatMap(\.files)
        let isWhole =
            manifest.fileNames.allSatisfy { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
            && files.allSatisfy { size(of: $0.name) == $0.bytes }
        guard isWhole, let latest = manifest.datasets.max(by: { $0.exportedAt < $1.exportedAt }) else { return nil }
        return RunID(rawValue: latest.run)
    }

    private func size(of file: String) -> Int? {
        // A file that cannot be opened is as good as gone: the next delivery makes it anew, or says why it cannot.
        let file = try? FileDescriptor.open(FilePath("\(path)/\(file)"), .readOnly, options: .closeOnExec)
        return try? file?.closeAfter { Int(try file?.seek(offset: 0, from: .end) ?? -1) }
    }

    /// Makes and locks the folder, and removes what a killed delivery left in it.
    public func begin(_ header: DeliveryHeader) async throws -> any SinkDelivery {
        let delivery = CSVDelivery(path: path, options: options, header: header)
        try await delivery.open()
        return delivery
    }
}
