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
        for remark in log.recovery.remarks { tell(remark) }
    }

    /// Why it is not ready: events cannot be stored, or the lake is not the one that they landed in; nil while it is.
    ///
    /// A lake that only does not answer is no reason: the log has room for what comes meanwhile.
    var failure: PipelineError? {
        log.obstacle ?? state.withLock { $0.landingFailure.flatMap { $0.cause is LandingMark.Lost ? $0 : nil } }
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
        if report.missing > 0 { tell(LogRecovery.remark(missing: report.missing)) }
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

extension LogRecovery {
    /// What is to be said of what opening the log has found, in one line each.
    fileprivate var remarks: [String] {
        var remarks: [String] = []
        if cutBytes > 0 {
            remarks.append(
                "the last \(cutBytes) bytes of the log were dropped: a write that was cut off before it was acknowledged"
            )
        }
        if unreadableBytes > 0 {
            remarks.append(
                """
                the last \(unreadableBytes) bytes of the log cannot be read: the disk has damaged events, unless the machine lost \
                power while it wrote them, before they were acknowledged
                """
            )
        }
        if missing > 0 { remarks.append(Self.remark(missing: missing)) }
        remarks += damagedHeaders.map { "the header of \($0) of the log is damaged; its events are read without it" }
        return remarks
    }

    fileprivate static func remark(missing count: Int64) -> String {
        let events = count == 1 ? "1 event" : "\(count) events"
        return "\(events) of the log cannot be read any more: the disk has damaged the file"
    }
}
