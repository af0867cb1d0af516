internal import PipelineConfig
internal import PipelineCore
internal import Processing
internal import Synchronization

/// A job of the pipeline: what the config alone tells of it, and the job itself once somebody needs it.
struct PipelineJob: Sendable {
    /// The name in the config.
    let name: String
    /// The jobs that must have succeeded before.
    let after: [String]
    /// The datasets that it produces.
    let outputs: [DatasetName]
    /// All tables that it writes, those of its own use included.
    let writes: [DatasetName]
    private let made: Once<any ProcessingJob>

    init(_ block: ConfigFile.NamedJob, tools: JobTools) {
        name = block.name
        after = block.after
        outputs = block.value.outputs
        writes = block.tables.writes
        made = Once { try block.value.make(tools) }
    }

    /// The job; throws where what it is made of (rules, databases) cannot be read.
    func job() throws -> any ProcessingJob { try made.value() }
}

/// A value that is made when it is first asked for; a failed attempt is repeated with the next question.
private final class Once<Value: Sendable>: Sendable {
    private let stored = Mutex<Value?>(nil)
    private let make: @Sendable () throws -> Value

    init(_ make: @escaping @Sendable () throws -> Value) { self.make = make }

    func value() throws -> Value {
        try stored.withLock { stored in
            if let stored { return stored }
            let value = try make()
            stored = value
            return value
        }
    }
}
