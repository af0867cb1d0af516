internal import PipelineCore
internal import SystemPackage

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A folder with exported files, locked for one delivery.
///
/// Which files are ours is told by `schema.json`, and while a delivery publishes also by a list in the hidden folder, so
/// that files of a delivery that was killed in its commit are known to the next.
final class ExportFolder {
    static let manifestName = "schema.json"

    let path: String
    /// Where a delivery writes its files; on the same file system as the folder.
    var staging: String { hidden + "/staging" }
    /// What the folder says it holds; nil where nothing was ever delivered.
    let manifest: ExportManifest?

    /// The files that exports made, those of one that was killed while it published included.
    private let owned: Set<String>
    private var hidden: String { Self.hidden(path) }
    private var publishingList: String { hidden + "/publishing" }
    private let descriptor: FileDescriptor

    /// Makes and locks the folder, and clears what an earlier delivery left in its staging folder.
    ///
    /// Throws `conflict` (with `retry`) while another delivery is at work in it.
    init(_ path: String) throws {
        self.path = path
        try fileErrors(path, while: "opening the export folder") { try makeFolders(path) }
        descriptor = try fileErrors(path, while: "opening the export folder") {
            try FileDescriptor.open(FilePath(path), .readOnly, options: [.directory, .closeOnExec])
        }
        do {
            guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else { throw Self.isLocked(path) }
            manifest = try Self.readManifest(path)
            owned = Self.ownedFiles(manifest, path)
        } catch {
            try? descriptor.close()
            throw error
        }
        // Best effort: what cannot be removed is met again when the same name is made.
        try? FileManager.default.removeItem(atPath: staging)
        try fileErrors(path, while: "opening the export folder") { try makeFolders(staging) }
    }

    /// Lets go of the lock even while a program that is just being started holds a copy of the descriptor.
    deinit {
        flock(descriptor.rawValue, LOCK_UN)
        try? descriptor.close()
    }

    private static func isLocked(_ path: String) -> PipelineError {
        PipelineError(
            .conflict,
            "another delivery is at work in '\(path)'",
            while: "opening the export folder",
            recovery: .retry(after: .seconds(5))
        )
    }

    /// Nil where there is none; throws `conflict` for anything of its name that no export made or that cannot be read.
    static func readManifest(_ path: String) throws -> ExportManifest? {
        let place = path + "/" + manifestName
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        if let data = FileManager.default.contents(atPath: place) {
            if let manifest = try? decoder.decode(ExportManifest.self, from: data) { return manifest }
        } else if !FileManager.default.fileExists(atPath: place) {
            return nil
        }
        throw PipelineError(
            .conflict,
            "'\(place)' was not made by an export, or cannot be read",
            while: "opening the export folder",
            hint: "move it away, or export to an empty folder"
        )
    }

    /// Writes a small file into the staging folder, durably but for its name.
    func stage(_ name: String, _ bytes: [UInt8]) throws {
        let file = try OutputFile(staging + "/" + name)
        try file.write(bytes)
        try file.close()
    }

    /// Puts the staged files in their places, the manifest last, and removes our files that are not among them.
    func publish(_ next: ExportManifest) throws {
        let names = next.fileNames
        try requireOwnership(of: names)
        try synchronizeFolder(staging)
        try list(owned.union(names))
        for name in names where FileManager.default.fileExists(atPath: staging + "/" + name) { try move(name) }
        for name in owned.subtracting(names) { try? FileManager.default.removeItem(atPath: path + "/" + name) }
        try synchronize(descriptor)
        try move(Self.manifestName)
        try synchronize(descriptor)
        try? FileManager.default.removeItem(atPath: hidden)
    }

    /// Throws `conflict` if there is a file of one of these names that no export made.
    func requireOwnership(of names: [String]) throws {
        for name in names where !owned.contains(name) && FileManager.default.fileExists(atPath: path + "/" + name) {
            throw PipelineError(
                .conflict,
                "'\(path)/\(name)' was not made by an export",
                while: "publishing the exported files",
                hint: "move it away, or export to an empty folder"
            )
        }
    }

    /// Removes what was staged.
    func discard() {
        try? FileManager.default.removeItem(atPath: staging)
        // A folder that still holds a list stays.
        _ = unsafe rmdir(hidden)
    }

    private func move(_ name: String) throws {
        guard unsafe rename(staging + "/" + name, path + "/" + name) == 0 else { throw Errno(rawValue: errno) }
    }

    private static func ownedFiles(_ manifest: ExportManifest?, _ path: String) -> Set<String> {
        let list = FileManager.default.contents(atPath: hidden(path) + "/publishing") ?? Data()
        let listed = String(decoding: list, as: UTF8.self).split(separator: "\n").map(String.init)
        // Whoever can write into the folder must not get us to remove a file elsewhere.
        return Set((manifest?.fileNames ?? []) + listed).filter { !$0.contains("/") && !$0.hasPrefix(".") }
    }

    private static func hidden(_ path: String) -> String { path + "/.millrace-export" }

    private func list(_ names: Set<String>) throws {
        try? FileManager.default.removeItem(atPath: publishingList)
        let file = try OutputFile(publishingList)
        try file.write(Array(names.sorted().joined(separator: "\n").utf8))
        try file.close()
        try synchronizeFolder(hidden)
        try synchronize(descriptor)
    }
}

/// Makes the folder and those above it, each durably in its parent.
private func makeFolders(_ path: String) throws {
    if FileManager.default.fileExists(atPath: path) { return }
    let parent = parentFolder(of: path)
    try makeFolders(parent)
    guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    try synchronizeFolder(parent)
}

private func synchronizeFolder(_ path: String) throws {
    let descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: [.directory, .closeOnExec])
    try descriptor.closeAfter { try synchronize(descriptor) }
}
