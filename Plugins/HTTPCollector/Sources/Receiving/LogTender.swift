internal import BlockingIO
internal import PipelineCore
internal import WriteAheadLog

/// Looks after a collector's log while it is filled.
struct LogTender: Sendable {
    let options: CollectorOptions
    let log: WriteAheadLog
    let landing: LogLanding
    let watch: LogWatch
    let metrics: CollectorMetrics
    /// Nil: requests are not logged.
    let accessLog: AccessLog?

    /// Lands segments as they fill or grow old, and writes the access log, until cancelled.
    func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: min(.seconds(1), options.landingInterval))  // Cancelled: the loop ends.
            accessLog?.flush()
            watch.look()
            await log.tryAgain()
            await log.seal(olderThan: options.landingInterval)
            // Answers come before landing, for as long as the log has room.
            let hasRoom: @Sendable () -> Bool = { [log, half = options.log.capacity / 2] in log.size < half }
            await withTaskExecutorPreference(hasRoom() ? BackgroundExecutor.shared : nil) {
                await land(while: hasRoom() ? hasRoom : nil)
            }
            watch.look()
        }
    }

    /// Lands what is sealed; what does not land stays in the log.
    func land(while givesWay: (@Sendable () -> Bool)? = nil) async {
        do {
            try await landing.land(while: givesWay) { report in
                metrics.landed(report.events, missing: report.missing)
                watch.landed(report)
            }
            watch.landingSucceeded()
        } catch is CancellationError {
        } catch {
            metrics.landingFailed()
            watch.landingFailed(error)
        }
    }

    /// Lands what is left until a moment: the rest is in the log, and lands with the next start.
    func landRest(until end: ContinuousClock.Instant) async {
        // The task that serves has been cancelled, so that this needs one of its own.
        let rest = Task { await land() }
        let limit = Task {
            try await Task.sleep(until: end)
            rest.cancel()
        }
        await rest.value
        limit.cancel()
    }
}
