internal import PipelineCore
internal import Synchronization
internal import WriteAheadLog

/// What keeps a collector from its work, told once for each change.
final class LogWatch: Sendable {
    private struct State {
        var isObstructed = false
        var landingFailure: PipelineError?
    }

    private let log: WriteAheadLog
    private let tell: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(_ log: WriteAheadLog, tell: @escaping @Sendable (String) -> Void) {
        self.log = log
        self.tell = tell
        for file in log.recovery.damagedFiles {
            tell("\(file) of the log cannot be read and was put aside; see what the disk reports")
        }
    }

    /// Why it is not ready: events cannot be stored, or the lake is not the one that they landed in; nil while it is.
    ///
    /// A lake that only does not answer is no reason: the log has room for what comes meanwhile.
    var failure: PipelineError? {
        log.obstacle ?? state.withLock { $0.landingFailure.flatMap { $0.cause is LogLanding.LostLanding ? $0 : nil } }
    }

    /// Looks whether events can be stored.
    func look() {
        let obstacle = log.obstacle
        let isNew = state.withLock { state in
            defer { state.isObstructed = obstacle != nil }
            return state.isObstructed != (obstacle != nil)
        }
        guard isNew else { return }
        if let obstacle {
            tell("events are refused: \(obstacle.message)" + (obstacle.hint.map { " (\($0))" } ?? ""))
        } else {
            tell("events are stored again")
        }
    }

    /// A segment has landed.
    func landed(_ report: LogLanding.Report) {
        guard report.missing > 0 else { return }
        let events = report.missing == 1 ? "1 event" : "\(report.missing) events"
        tell("\(events) of the log cannot be read any more: the disk has damaged the file")
    }

    /// Landing has gone as it should.
    func landingSucceeded() {
        let isNew = state.withLock { state in
            defer { state.landingFailure = nil }
            return state.landingFailure != nil
        }
        if isNew { tell("what the log holds lands again") }
    }

    /// Landing has failed, and will be tried again.
    func landingFailed(_ error: any Error) {
        let failure = error as? PipelineError ?? PipelineError(.internalError, "\(error)", while: "landing events")
        let isNew = state.withLock { state in
            defer { state.landingFailure = failure }
            return state.landingFailure?.code != failure.code
        }
        if isNew { tell("events do not land and stay in the log: \(failure)") }
    }
}
