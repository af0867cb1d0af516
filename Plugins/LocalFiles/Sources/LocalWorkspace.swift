internal import BlockingIO
public import PipelineCore
internal import SystemPackage

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A directory for the files of one run, removed with the value.
public final class LocalWorkspace: Workspace {
    /// Absolute if its parent is.
    public let path: String

    /// Makes a new directory below `parent`.
    public init(in parent: String) throws {
        path = "\(parent)/\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw PipelineError(
                .unauthorized,
                "the directory \(path) cannot be made",
                while: "preparing a run",
                hint: "make \(parent) writable for the user that runs millrace, or set `state:` to a directory that is",
                cause: error
            )
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }  // What is left is swept with the next run.

    /// Removes what killed runs left below `parent`; call it only while no other run can be going on.
    public static func sweep(_ parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
            try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")  // The next sweep tries again.
        }
    }

    /// Opens a file that is written on a thread of its own; a name that is taken is refused.
    public func file(_ name: String) async throws -> any WorkspaceFile { try LocalWorkspaceFile("\(path)/\(name)") }

    /// Removes a file; one that cannot be removed goes with the directory.
    public func remove(_ name: String) async throws {
        try? FileManager.default.removeItem(atPath: "\(path)/\(name)")  // The directory goes with the run anyway.
    }
}

/// A file of a workspace, written on a thread of its own.
actor LocalWorkspaceFile: WorkspaceFile {
    nonisolated let path: String
    private let descriptor: FileDescriptor
    private var isOpen = true
    private nonisolated let executor = SerialQueueExecutor(label: "millrace.workspace")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(_ path: String) throws {
        self.path = path
        do {
            descriptor = try FileDescriptor.open(
                FilePath(path),
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite
            )
        } catch { throw Self.failed(path, error) }
    }

    isolated deinit { if isOpen { try? descriptor.close() } }

    func append(_ bytes: [UInt8]) throws {
        do { try descriptor.writeAll(bytes) } catch { throw Self.failed(path, error) }
    }

    func finish() throws {
        guard isOpen else { return }
        isOpen = false
        do { try descriptor.close() } catch { throw Self.failed(path, error) }
    }

    private static func failed(_ path: String, _ error: any Error) -> PipelineError {
        PipelineError(
            .outOfResources,
            "\(path) cannot be written: \(error)",
            while: "preparing records for the engine",
            hint: "make room where `state:` is",
            cause: error
        )
    }
}
