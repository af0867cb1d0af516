internal import NIOCore
internal import Synchronization

/// Runs tasks on the thread that reads from their connections, so that a request changes threads only where it must wait.
///
/// Jobs that become ready together wake the thread once: dozens of requests wait for one sync.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop
    private let jobs = Mutex<[UnownedJob]>([])

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = jobs.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        if isFirst { eventLoop.execute { self.runJobs() } }
    }

    private func runJobs() {
        let ready = jobs.withLock { jobs in
            defer { jobs.removeAll() }
            return jobs
        }
        for job in ready { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
