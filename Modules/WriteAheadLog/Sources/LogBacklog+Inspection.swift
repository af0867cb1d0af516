internal import BlockingIO
internal import PipelineCore

extension LogBacklog {
    /// Looks into a directory without changing anything.
    public static func inspect(_ directory: String) async throws -> LogBacklog {
        do {
            return try await DiskQueue(label: "millrace.log.looking").run {
                try LogDirectory(path: directory, files: SystemFiles()).backlog()
            }
        } catch {
            throw LogFailure(error, directory: directory).pipelineError
        }
    }
}
