internal import Dispatch
internal import Glibc
internal import Synchronization

/// Runs tasks one after the other on a thread to which the system prefers all others while its processors are busy.
public final class BackgroundExecutor: TaskExecutor {
    /// The one of this process; its thread never ends.
    public static let shared = onThread() ?? BackgroundExecutor(bell: nil, listener: nil)

    /// The least that Linux gives a thread, which has a value of its own there (setpriority(2)).
    private static let niceness: CInt = 19

    private let jobs = Mutex<[UnownedJob]>([])
    /// Gets a byte when there are jobs again, which the thread reads from the listener.
    private let bell: CInt?
    private let listener: CInt?

    private init(bell: CInt?, listener: CInt?) {
        self.bell = bell
        self.listener = listener
    }

    /// Nil where there are no more threads or descriptors to be had; another thread then has to do.
    private static func onThread() -> BackgroundExecutor? {
        var ends: [CInt] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let executor = unsafe Unmanaged.passRetained(BackgroundExecutor(bell: ends[1], listener: ends[0]))
        var thread = pthread_t()
        // SAFETY: the thread takes over what has been retained for it.
        let status = unsafe pthread_create(
            &thread,
            nil,
            { executor in
                guard let executor = unsafe executor else { return nil }
                unsafe Unmanaged<BackgroundExecutor>.fromOpaque(executor).takeUnretainedValue().run()
                return nil
            },
            executor.toOpaque()
        )
        guard status == 0 else {
            for end in ends { close(end) }
            unsafe executor.release()
            return nil
        }
        pthread_detach(thread)
        return unsafe executor.takeUnretainedValue()
    }

    /// Runs the job after those that were enqueued before it.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard let bell else {
            return DispatchQueue.global().async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
        let isFirst = jobs.withLock { jobs in
            defer { jobs.append(job) }
            return jobs.isEmpty
        }
        var byte: UInt8 = 0
        if isFirst { _ = unsafe write(bell, &byte, 1) }
    }

    private func run() {
        guard let listener else { return }
        setpriority(CInt(PRIO_PROCESS.rawValue), 0, Self.niceness)
        var byte: UInt8 = 0
        while true {
            _ = unsafe read(listener, &byte, 1)
            let ready = jobs.withLock { jobs in
                defer { jobs = [] }
                return jobs
            }
            for job in ready { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}
