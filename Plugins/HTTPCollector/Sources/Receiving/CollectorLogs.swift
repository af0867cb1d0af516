internal import BlockingIO
internal import Glibc
public import PipelineCore
internal import WriteAheadLog

extension HTTPCollector {
    /// The logs of the collectors that have run below a state directory, by the names of their sources.
    public static func logs(in stateDirectory: String) async throws -> [ReceiverLog] {
        let parent = directory(in: stateDirectory)
        var logs: [ReceiverLog] = []
        for source in try sources(in: parent) {
            let directory = logDirectory(source, in: parent)
            let backlog = try await LogBacklog.inspect(directory)
            logs.append(
                ReceiverLog(
                    source: source,
                    directory: directory,
                    events: backlog.events,
                    isInUse: FileLock.isHeld(lockFile(source, in: parent)),
                    damagedFiles: backlog.damagedFiles,
                    landed: backlog.removed?.landing(of: source, in: directory)
                )
            )
        }
        return logs
    }

    private static func sources(in parent: String) throws -> [String] {
        let files = SystemFiles()
        do {
            return try files.entries(of: parent).filter { try files.status(of: "\(parent)/\($0)").kind == .directory }
                .sorted()
        } catch let error as FileError where error.number == ENOENT {
            return []
        } catch let error as FileError {
            throw PipelineError(
                .unauthorized,
                "\(error.call) failed on \(error.path)",
                while: "looking for the logs of collectors",
                hint: "run millrace as the user that runs `millrace serve`",
                cause: error
            )
        }
    }

    /// Where collectors keep their logs.
    static func directory(in stateDirectory: String) -> String { stateDirectory + "/collector" }

    static func logDirectory(_ source: String, in directory: String) -> String { "\(directory)/\(source)" }

    /// Held by whoever uses the log: a collector, or who lands what one has left.
    static func lockFile(_ source: String, in directory: String) -> String { "\(directory)/\(source).lock" }
}
