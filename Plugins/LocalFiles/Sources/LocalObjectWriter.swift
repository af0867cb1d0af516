internal import BlockingIO
internal import PipelineCore

/// Writes one object as a temporary file that gets its name at the end; runs on a disk thread.
actor LocalObjectWriter: ObjectWriter {
    let key: ObjectKey
    private nonisolated let executor: SerialQueueExecutor
    private let directory: ObjectDirectory
    /// Nil once the writer has ended.
    private var draft: ObjectDirectory.Draft?

    init(key: ObjectKey, draft: ObjectDirectory.Draft, directory: ObjectDirectory, executor: SerialQueueExecutor) {
        self.key = key
        self.draft = draft
        self.directory = directory
        self.executor = executor
    }

    isolated deinit { abort() }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    func append(_ bytes: [UInt8]) throws {
        let draft = try current()
        do { try directory.append(bytes, to: draft) } catch {
            abort()
            throw pipelineError(error)
        }
    }

    func finish() throws -> ObjectInfo {
        let draft = try current()
        self.draft = nil
        do {
            let status = try directory.publish(draft)
            return ObjectInfo(key: key, size: status.size, modified: Timestamp(microseconds: status.modified))
        } catch { throw pipelineError(error) }
    }

    func abort() {
        guard let draft else { return }
        self.draft = nil
        directory.discard(draft)
    }

    private func current() throws -> ObjectDirectory.Draft {
        guard let draft else {
            throw PipelineError(
                .internalError,
                "the writer of '\(key)' was used after its end",
                while: "writing an object"
            )
        }
        return draft
    }

    private func pipelineError(_ error: any Error) -> any Error {
        (error as? FileError)?.pipelineError(while: "writing an object") ?? error
    }
}
