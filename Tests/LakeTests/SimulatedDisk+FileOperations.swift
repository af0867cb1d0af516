import ConnectorTesting

@testable import LocalFilesPlugin

extension SimulatedDisk: FileOperations {
    func status(of path: String) throws -> FileStatus {
        let status = try lookUp(path)
        return FileStatus(kind: status.isDirectory ? .directory : .file, size: status.size, modified: status.modified)
    }

    /// A disk whose errors are the store's own.
    static func disk(_ fault: Fault = .none) -> SimulatedDisk {
        SimulatedDisk(fault) { FileError(number: $0, call: $1, path: $2) }
    }
}

extension LocalObjectStore {
    init(_ disk: SimulatedDisk) { self.init(root: "/srv/lake", files: disk) }
}
