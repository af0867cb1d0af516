import Foundation
import Glibc
import PipelineCore

/// The sink's folder: durable files, and errors that say what to do.
struct Folder {
    let path: String

    func checkWritable() throws {
        var place = path
        while !FileManager.default.fileExists(atPath: place), place.count > 1 {
            place = (place as NSString).deletingLastPathComponent
        }
        guard access(place, W_OK) == 0 else { throw failed("writing \(place)", "make it writable") }
    }

    /// Nothing, where there has been no delivery.
    func contents() throws -> JSONLinesSink.Contents {
        guard let data = FileManager.default.contents(atPath: path + "/contents.json") else { return .init() }
        do { return try JSONDecoder().decode(JSONLinesSink.Contents.self, from: data) } catch {
            throw failed("reading \(path)/contents.json", "remove it; the next delivery writes it anew")
        }
    }

    /// Publishes: readers see the old contents or the new, also after a power cut.
    func replaceContents(_ contents: JSONLinesSink.Contents) throws {
        let draft = "contents-\(UUID().uuidString).json"
        let file = try newFile(draft)
        try file.append(Array(JSONEncoder().encode(contents)))
        try file.finish()
        guard rename("\(path)/\(draft)", path + "/contents.json") == 0 else {
            throw failed("writing \(path)/contents.json", "make the folder writable")
        }
        try sync(path)
    }

    func newFile(_ name: String) throws -> NewFile {
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failed("writing \(path)/\(name)", "make the folder writable") }
        return NewFile(handle: FileHandle(fileDescriptor: descriptor, closeOnDealloc: true), folder: self, name: name)
    }

    func remove(_ names: [String]) {
        for name in names { unlink("\(path)/\(name)") }
    }

    fileprivate func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failed("syncing \(path)", "look into the system log") }
    }

    fileprivate func failed(_ operation: String, _ hint: String) -> PipelineError {
        PipelineError(.unauthorized, String(cString: strerror(errno)), while: operation, hint: hint)
    }
}

/// A file that is being written.
struct NewFile {
    fileprivate let handle: FileHandle
    fileprivate let folder: Folder
    fileprivate let name: String

    func append(_ bytes: [UInt8]) throws {
        do { try handle.write(contentsOf: bytes) } catch {
            throw folder.failed("writing \(folder.path)/\(name)", "make room on the disk")
        }
    }

    /// Puts the bytes, and the file's name, on stable storage.
    func finish() throws {
        do { try handle.synchronize() } catch {
            throw folder.failed("syncing \(folder.path)/\(name)", "look into the system log")
        }
        try folder.sync(folder.path)
    }
}
